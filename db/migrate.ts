import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';

export const MIGRATIONS = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any fixed number; two processes that migrate the same database at once take turns on it. */
const MIGRATION_LOCK = 7_214_088_351;

/**
 * Bring a database to the newest schema. Safe to run again and by several processes at once: they take turns, and
 * whoever comes second finds nothing left to do.
 * @param databaseUrl connection that may create tables and, best, roles.
 * @throws pg's error when the database cannot be reached or refuses; every migration is one transaction.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'rightcall-migrate' });
  // A connection cut while idle is reported by the next query; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await applyMigrations(drizzle(client), { migrationsFolder: MIGRATIONS });
  } finally {
    await client.end();
  }
}
