import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { openDatabase, type Database } from '../../db/client.ts';
import { migrate } from '../../db/migrate.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let db: Database;
let admin: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url);
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await db.close();
  await database.drop();
});

async function tenantTables(): Promise<
  { name: string; secured: boolean; forced: boolean; policies: number }[]
> {
  const { rows } = await admin.query<{ name: string; secured: boolean; forced: boolean; policies: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
            (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'vault') ORDER BY 1`,
  );
  return rows.map((row) => ({ ...row, policies: Number(row.policies) }));
}

describe('I12: tenants are kept apart', () => {
  it('every table has row-level security with a policy, forced on its owner too where it has a tenant column', async () => {
    const tables = await tenantTables();
    expect(tables.length).toBeGreaterThan(20);
    for (const table of tables) {
      expect(table, table.name).toMatchObject({ secured: true, policies: 1 });
      if (table.name !== 'public.tenants') expect(table, table.name).toMatchObject({ forced: true });
    }
  });

  it('the engine sees no row without naming a tenant, and none of another’s', async () => {
    const mine = await ensureTenant(db, { slug: 'mine', name: 'Mine' });
    const theirs = await ensureTenant(db, { slug: 'theirs', name: 'Theirs' });
    await db.inTenant(theirs, (tx) =>
      tx.query(`INSERT INTO suppression_lists (tenant_id, list, as_of) VALUES ($1, 'internal', now())`, [
        theirs,
      ]),
    );
    const seen = await db.inTenant(mine, (tx) => tx.query('SELECT list FROM suppression_lists'));
    expect(seen).toEqual([]);
    const changed = await db.inTenant(mine, (tx) =>
      tx.query(`UPDATE suppression_lists SET list = 'x' RETURNING 1 AS one`),
    );
    expect(changed).toEqual([]);
  });

  it('the engine cannot write a row for another tenant', async () => {
    const mine = await ensureTenant(db, { slug: 'mine', name: 'Mine' });
    const theirs = await ensureTenant(db, { slug: 'theirs', name: 'Theirs' });
    await expect(
      db.inTenant(mine, (tx) =>
        tx.query(`INSERT INTO suppression_lists (tenant_id, list, as_of) VALUES ($1, 'other', now())`, [
          theirs,
        ]),
      ),
    ).rejects.toThrow(/row-level security/);
  });

  it('evidence cannot be changed or removed by the engine', async () => {
    const mine = await ensureTenant(db, { slug: 'mine', name: 'Mine' });
    for (const table of ['decisions', 'consent_events', 'policy_documents', 'campaign_revisions']) {
      await expect(
        db.inTenant(mine, (tx) => tx.query(`DELETE FROM ${table}`)),
        table,
      ).rejects.toThrow(/permission denied/);
    }
  });

  it('refuses to open a database as a role that row-level security does not bind', async () => {
    // The test server's own user is a superuser.
    await expect(openDatabase(database.url, { role: null })).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('migrations', () => {
  it('run twice and at once without a second effect', async () => {
    await Promise.all([migrate(database.url), migrate(database.url), migrate(database.url)]);
    const { rows } = await admin.query<{ n: string }>(
      'SELECT count(*) AS n FROM drizzle.__drizzle_migrations',
    );
    const journal = new URL('../../db/migrations/meta/_journal.json', import.meta.url);
    const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] };
    expect(Number(rows[0]!.n)).toBe(entries.length);
  });
});
