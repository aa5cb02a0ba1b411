import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { PolicyDocument } from './documents.ts';
import { asPolicyDocument } from './documents.ts';

const FOLDERS = ['packs', 'calendars'] as const;

/**
 * The packs and calendars that ship with the engine, read from `policies/packs` and `policies/calendars`
 * anew at each call.
 * @throws invalid_input when a file is not a valid document
 */
export function bundledDocuments(): PolicyDocument[] {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(here, folder))
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => asPolicyDocument(parse(readFileSync(join(here, folder, name), 'utf8')))),
  );
}
