import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { MIGRATIONS } from './migrate.ts';

/** How a database stands to the migrations that this version brings. */
export interface MigrationState {
  /** Names of this version's migrations that the database has, in order. */
  readonly applied: readonly string[];
  /** Names of those that it lacks, in order. */
  readonly pending: readonly string[];
  /** Names of those that it has in another form than this version's. */
  readonly altered: readonly string[];
  /** How many migrations it has that this version does not know: a newer version's, as a rule. */
  readonly unknown: number;
}

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[];
}

/** Reads alone. @throws pg's error when the database cannot be reached. */
export async function migrationState(databaseUrl: string): Promise<MigrationState> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'rightcall-migrate',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await stateOn(client);
  } finally {
    await client.end();
  }
}

async function stateOn(client: pg.Client): Promise<MigrationState> {
  const { entries } = JSON.parse(await readFile(join(MIGRATIONS, 'meta/_journal.json'), 'utf8')) as Journal;
  const { rows: tables } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS found`,
  );
  const { rows } =
    tables[0]?.found === true
      ? await client.query<{ created_at: string; hash: string }>(
          'SELECT created_at, hash FROM drizzle.__drizzle_migrations',
        )
      : { rows: [] };
  const hashes = new Map(rows.map((row) => [Number(row.created_at), row.hash]));
  const hashOf = async (tag: string) =>
    createHash('sha256')
      .update(await readFile(join(MIGRATIONS, `${tag}.sql`), 'utf8'))
      .digest('hex');
  const altered: string[] = [];
  for (const { tag, when } of entries) {
    if (hashes.has(when) && hashes.get(when) !== (await hashOf(tag))) altered.push(tag);
  }
  const known = new Set(entries.map((entry) => entry.when));
  return {
    applied: entries.filter((entry) => hashes.has(entry.when)).map((entry) => entry.tag),
    pending: entries.filter((entry) => !hashes.has(entry.when)).map((entry) => entry.tag),
    altered,
    unknown: [...hashes.keys()].filter((when) => !known.has(when)).length,
  };
}
