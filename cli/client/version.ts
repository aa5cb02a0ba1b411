import { readFileSync } from 'node:fs';

interface Manifest {
  readonly version: string;
}

/** Of this program. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest
).version;
