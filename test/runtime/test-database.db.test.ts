import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import type { TestDatabase } from '../support/postgres.ts';
import { createTestDatabase } from '../support/postgres.ts';

const made: TestDatabase[] = [];
afterAll(async () => {
  for (const database of made) await database.drop();
});

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('databases that are asked for at once are migrated, and what one holds the others do not', async () => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase()));
  made.push(...databases);
  const tables =
    "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
  await query(databases[0]!.url, 'CREATE TABLE only_here (a int)');
  const counts = await Promise.all(
    databases.map(async ({ url }) => (await query(url, tables))[0]!['n'] as number),
  );
  expect(counts[1]).toBeGreaterThan(3);
  expect(counts).toEqual([counts[1]! + 1, counts[1], counts[1], counts[1]]);
});

test.skipIf((process.env['DATABASE_URL'] ?? '') !== '')(
  'the packaged server sorts by code point and keeps UTC, on any machine',
  async () => {
    const database = await createTestDatabase();
    made.push(database);
    const rows = await query(
      database.url,
      "SELECT x FROM unnest(ARRAY['é', 'Z', '中', 'a']) AS x ORDER BY x",
    );
    expect(rows.map(({ x }) => x)).toEqual(['Z', 'a', 'é', '中']);
    expect(await query(database.url, 'SHOW timezone')).toEqual([{ TimeZone: 'UTC' }]);
  },
);
