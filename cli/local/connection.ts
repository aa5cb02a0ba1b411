import { randomBytes } from 'node:crypto';
import { readJsonFile, writeJsonFile } from '../../runtime/servers/directory.ts';
import type { Layout } from './layout.ts';

/**
 * How to reach a local run: the client verbs read `url` and `apiKey` from here, `audit verify` the rest.
 * The file holds secrets and has mode 0600.
 */
export interface Connection {
  readonly url: string;
  readonly apiKey: string;
  readonly databaseUrl: string;
  readonly tenant: string;
  readonly masterKeyFile: string | null;
  readonly requestLog: string;
  readonly checkpoints: string;
}

/** The API key of this folder, made at the first start and kept. @param given RIGHTCALL_API_KEY, if it is set */
export async function apiKeyOf(layout: Layout, given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '') return given;
  const kept = (await readJsonFile(layout.connection))?.['apiKey'];
  return typeof kept === 'string' && kept.length >= 16 ? kept : randomBytes(24).toString('base64url');
}

export async function writeConnection(layout: Layout, connection: Connection): Promise<void> {
  await writeJsonFile(layout.connection, connection);
}
