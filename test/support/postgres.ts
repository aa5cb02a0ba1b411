import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
// The key that the set-up provides is declared there.
import type {} from './postgres-setup.ts';

const TRIES = 40;
/** SQLSTATE object_in_use: somebody (the server's own workers too) looks at the template just now. */
const OBJECT_IN_USE = '55006';

export interface TestDatabase {
  /** Superuser connection URL of this database. */
  readonly url: string;
  readonly name: string;
  /** Removes it, with whoever is still connected. */
  drop(): Promise<void>;
}

async function withAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: inject('postgres').adminUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * A database of its own for a test file, with the newest schema and no rows: a copy of the migrated
 * template (tens of milliseconds). For the projects `db` and `workflow`.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, template } = inject('postgres');
  const name = `rightcall_test_${randomBytes(6).toString('hex')}`;
  await withAdmin(async (client) => {
    for (let n = 1; ; n++) {
      try {
        await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
        return;
      } catch (error) {
        if ((error as { code?: unknown }).code !== OBJECT_IN_USE || n >= TRIES) throw error;
        await delay(25 + Math.random() * 50);
      }
    }
  });
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    name,
    drop: () =>
      withAdmin(async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}
