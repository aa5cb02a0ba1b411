import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
// The key that the set-up provides is declared there.
import type {} from './postgres-setup.ts';
import type { TestDatabase } from './postgres.ts';

/** A database without any schema, for what migrates one itself. For the projects `db` and `workflow`. */
export async function createBlankDatabase(): Promise<TestDatabase> {
  const { adminUrl } = inject('postgres');
  const name = `rightcall_blank_${randomBytes(6).toString('hex')}`;
  const asAdmin = async (statement: string) => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    name,
    drop: () => asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** Run one statement as the database's owner, past row-level security. */
export async function asOwner<R extends object>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R & pg.QueryResultRow>(text, values as unknown[])).rows;
  } finally {
    await client.end();
  }
}
