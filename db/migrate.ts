import { setTimeout as delay } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import pg from 'pg';
import { indexesAhead, type IndexStatement } from './online-indexes.ts';

export const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any fixed number; two processes that migrate the same database at once take turns on it. */
const MIGRATION_LOCK = 7_214_088_351;
/** Real ms between looks whether the other is done. Waiting inside the server would hold up the building of indexes. */
const TURN_EVERY_MS = 100;
/** How long a statement may wait for a table that others use; all who come after it wait behind it meanwhile. */
const LOCK_TIMEOUT = '2s';
const LOCK_TRIES = 60;
const LOCK_PAUSE_MS = 500;
/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Bring a database to the newest schema while the version before goes on using it (docs/upgrading.md): every migration
 * is a transaction of its own that waits for no table for long, and indexes on tables there are, written as `CREATE
 * INDEX IF NOT EXISTS`, are built before it without keeping writers out. Safe to run again and by several processes at
 * once: they take turns, and whoever comes second finds nothing left to do.
 * @param databaseUrl connection that may create tables and, best, roles.
 * @returns names of the migrations applied now
 * @throws pg's error when the database cannot be reached or refuses.
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'rightcall-migrate' });
  // A connection cut while idle is reported by the next query; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await takeTurn(client);
    const before = await appliedInstants(client);
    const names = await namesByInstant();
    const pending = readMigrationFiles({ migrationsFolder: MIGRATIONS }).filter(
      ({ folderMillis }) => !before.has(folderMillis),
    );
    for (const migration of pending) {
      // On a database that was empty just now nobody is kept waiting.
      if (before.size > 0) await buildIndexesAhead(client, migration);
      await apply(client, migration);
    }
    return pending.map(({ folderMillis }) => names.get(folderMillis) ?? String(folderMillis));
  } finally {
    await client.end();
  }
}

async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]!.ours) return;
    await delay(TURN_EVERY_MS);
  }
}

/** As drizzle keeps them: each by the instant that its journal names. */
async function appliedInstants(client: pg.Client): Promise<Set<number>> {
  await client.query(`
    SET client_min_messages = warning;
    CREATE SCHEMA IF NOT EXISTS drizzle;
    CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (
      id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)`);
  const { rows } = await client.query<{ created_at: string }>(
    'SELECT created_at FROM drizzle.__drizzle_migrations',
  );
  return new Set(rows.map((row) => Number(row.created_at)));
}

async function namesByInstant(): Promise<Map<number, string>> {
  const journal = JSON.parse(await readFile(join(MIGRATIONS, 'meta/_journal.json'), 'utf8')) as {
    readonly entries: readonly { readonly tag: string; readonly when: number }[];
  };
  return new Map(journal.entries.map(({ tag, when }) => [when, tag]));
}

async function apply(client: pg.Client, migration: MigrationMeta): Promise<void> {
  for (let n = 1; ; n++) {
    try {
      await client.query('BEGIN');
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      for (const statement of migration.sql) await client.query(statement);
      await client.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
        migration.hash,
        migration.folderMillis,
      ]);
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE || n >= LOCK_TRIES) throw error;
      // Somebody uses the table for long; let those behind us through, and try again.
      await delay(LOCK_PAUSE_MS);
    }
  }
}

/** What the migration finds built already, its own statement skips. */
async function buildIndexesAhead(client: pg.Client, migration: MigrationMeta): Promise<void> {
  for (const index of indexesAhead(migration.sql)) {
    const { rows } = await client.query<{ valid: boolean | null; there: boolean }>(
      `SELECT to_regclass($2) IS NOT NULL AS there,
              (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)) AS valid`,
      [index.name, index.table],
    );
    const { valid, there } = rows[0]!;
    if (!there || valid === true) continue;
    // One that was begun and not finished would stay unused for ever.
    if (valid === false) await client.query(`DROP INDEX CONCURRENTLY ${index.name}`);
    await build(client, index);
  }
}

/** SQLSTATE undefined_column: on a column that the migration itself adds; it is empty, and built with it. */
const UNDEFINED_COLUMN = '42703';

async function build(client: pg.Client, index: IndexStatement): Promise<void> {
  try {
    await client.query(index.concurrently);
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNDEFINED_COLUMN) throw error;
  }
}
