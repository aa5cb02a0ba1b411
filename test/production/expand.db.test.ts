import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate, MIGRATIONS } from '../../db/migrate.ts';
import { migrationState } from '../../db/migration-state.ts';
import { asOwner, createBlankDatabase } from '../support/blank-database.ts';
import type { TestDatabase } from '../support/postgres.ts';

/** The version before is 0.1.0 as it was: its schema is these two. */
const BEFORE = 2;
/** What the version before may feel of a migration, real ms: a lock is waited for no longer than two seconds. */
const LONGEST_WAIT_MS = 3_000;

let database: TestDatabase;
beforeEach(async () => {
  database = await createBlankDatabase();
});
afterEach(() => database.drop());

/** The schema as the version before left it, applied as its own migrator did. */
async function migrateToBefore(): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `CREATE SCHEMA drizzle;
     CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)`,
  );
  for (const { sql, hash, folderMillis } of readMigrationFiles({ migrationsFolder: MIGRATIONS }).slice(
    0,
    BEFORE,
  )) {
    for (const statement of sql) await client.query(statement);
    await client.query('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
      hash,
      folderMillis,
    ]);
  }
  await client.end();
}

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly needed: boolean;
}

/** What the version before knows of the schema, and nothing that came later. */
async function columnsNow(): Promise<Map<string, Column[]>> {
  const rows = await asOwner<Column>(
    database.url,
    `SELECT table_schema || '.' || table_name AS table, column_name AS column, udt_name AS type,
            is_nullable = 'NO' AND column_default IS NULL AS needed
     FROM information_schema.columns WHERE table_schema IN ('public', 'vault') ORDER BY 1, ordinal_position`,
  );
  const tables = new Map<string, Column[]>();
  for (const row of rows) tables.set(row.table, [...(tables.get(row.table) ?? []), row]);
  return tables;
}

const VALUES: Readonly<Record<string, () => unknown>> = {
  uuid: () => randomUUID(),
  text: () => `x${randomUUID()}`,
  int4: () => 1,
  int8: () => 1,
  bool: () => false,
  timestamptz: () => new Date(),
  jsonb: () => '{}',
  bytea: () => Buffer.from(randomUUID()),
  _text: () => [],
  float4: () => 1,
  int2: () => 1,
  char: () => 'x',
  _int4: () => [],
  _uuid: () => [],
};

function valueOf(type: string): unknown {
  const make = VALUES[type];
  if (make === undefined) throw new Error(`no value is made up for the type ${type}`);
  return make();
}

/** Works as the version before does: as the role that row-level security binds, for one tenant. */
async function asBefore<T>(tenantId: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query(`SET ROLE rightcall_app; SET rightcall.tenant_id = '${tenantId}'`);
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Every kind of statement that the version before can make: it names columns that it knows, and fills those it must. */
async function useAsBefore(
  client: pg.Client,
  tenantId: string,
  tables: Map<string, Column[]>,
): Promise<void> {
  for (const [table, columns] of tables) {
    const given = columns.filter(({ needed }) => needed);
    const names = given.map(({ column }) => `"${column}"`).join(', ');
    const values = given.map(({ table: of, column, type }) =>
      column === 'tenant_id' || (of === 'public.tenants' && column === 'id') ? tenantId : valueOf(type),
    );
    const places = given.map((_, i) => `$${i + 1}`).join(', ');
    const onConflict = table === 'public.tenants' ? 'ON CONFLICT DO NOTHING' : '';
    await client.query(`INSERT INTO ${table} (${names}) VALUES (${places}) ${onConflict}`, values);
    const known = columns.map(({ column }) => `"${column}"`).join(', ');
    const { rows } = await client.query(`SELECT ${known} FROM ${table}`);
    expect(rows.length, table).toBeGreaterThan(0);
  }
}

const CHANGED = [
  'campaigns',
  'contacts',
  'attempts',
  'calls',
  'call_events',
  'carriers',
  'suppressions',
  'persons',
];

test('what the version before writes, reads and changes, it still can on the newest schema', async () => {
  await migrateToBefore();
  const tables = await columnsNow();
  expect(tables.size).toBeGreaterThan(20);
  const tenantId = randomUUID();
  await asBefore(tenantId, (client) => useAsBefore(client, tenantId, tables));
  expect((await migrationState(database.url)).pending.length).toBeGreaterThan(5);

  await migrate(database.url);

  await asBefore(tenantId, async (client) => {
    await useAsBefore(client, tenantId, tables);
    for (const table of CHANGED) {
      const columns = tables.get(`public.${table}`)!.filter(({ column }) => !/^(tenant_id|id)$/.test(column));
      const set = columns.map(({ column }) => `"${column}" = "${column}"`).join(', ');
      const { rowCount } = await client.query(`UPDATE ${table} SET ${set}`);
      expect(rowCount, table).toBeGreaterThan(1);
    }
  });
});

test('while it is migrated, the version before goes on: no write fails, and none waits for long', async () => {
  await migrateToBefore();
  const tables = await columnsNow();
  const tenantId = randomUUID();
  const longest = { ms: 0, rounds: 0 };
  let over = false;
  const untilUsed = async () => {
    while (longest.rounds < 3) await delay(10);
  };
  const using = asBefore(tenantId, async (client) => {
    while (!over) {
      const began = performance.now();
      await useAsBefore(client, tenantId, tables);
      longest.ms = Math.max(longest.ms, performance.now() - began);
      longest.rounds += 1;
    }
  });
  await Promise.race([using, untilUsed()]);
  await migrate(database.url);
  over = true;
  await using;
  expect(longest.rounds).toBeGreaterThan(5);
  expect(longest.ms).toBeLessThan(LONGEST_WAIT_MS);
  const invalid = await asOwner(database.url, 'SELECT FROM pg_index WHERE NOT indisvalid');
  expect(invalid).toEqual([]);
});

test('a table that somebody holds does not stop everybody: the migration steps back and comes again', async () => {
  await migrateToBefore();
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('BEGIN; SELECT FROM campaigns');
  const migrating = migrate(database.url);
  // The migration wants the table to itself; a reader that came after it is let through all the same.
  await delay(500);
  const began = performance.now();
  while (performance.now() - began < 3_000) {
    await asOwner(database.url, 'SELECT FROM campaigns');
    await delay(50);
  }
  await holder.query('COMMIT');
  await holder.end();
  expect(await migrating).toContain('0008_production');
});

test('an index that was begun and not finished is begun again', async () => {
  await migrateToBefore();
  await asOwner(database.url, 'CREATE INDEX contacts_updated ON contacts (tenant_id)');
  await asOwner(
    database.url,
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'contacts_updated'::regclass`,
  );
  await migrate(database.url);
  const [index] = await asOwner<{ valid: boolean; definition: string }>(
    database.url,
    `SELECT indisvalid AS valid, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indexrelid = 'contacts_updated'::regclass`,
  );
  expect(index!.valid).toBe(true);
  expect(index!.definition).toMatch(/tenant_id, .+/);
});
