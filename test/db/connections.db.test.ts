import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { openDatabase, type Database } from '../../db/client.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let db: Database;
let tenantId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 1 });
  tenantId = await ensureTenant(db, { slug: 'test', name: 'Test' });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

async function cutConnections(): Promise<void> {
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await admin.end();
}

const count = () =>
  db.single(
    tenantId,
    async (statements) => (await statements.query<{ n: number }>('SELECT count(*) AS n FROM tenants'))[0]!.n,
  );

describe('a database that goes away', () => {
  it('cut between two statements of a transaction: that transaction fails, the process and the pool go on', async () => {
    await expect(
      db.inTenant(tenantId, async (tx) => {
        await tx.query('SELECT 1');
        await cutConnections();
        // The event of the cut is delivered before the next statement is tried.
        await new Promise((resolve) => setTimeout(resolve, 20));
        await tx.query('SELECT 1');
      }),
    ).rejects.toThrow();
    expect(await count()).toBe(1);
  });

  it('I12: lone statements on one connection keep to the tenant that asks, whoever asked before', async () => {
    const other = await ensureTenant(db, { slug: 'other', name: 'Other' });
    const seenBy = (id: string) =>
      db.single(id, async (statements) =>
        (await statements.query<{ id: string }>('SELECT id FROM tenants')).map((row) => row.id),
      );
    expect(await seenBy(tenantId)).toEqual([tenantId]);
    expect(await seenBy(other)).toEqual([other]);
    expect(await db.inTenant(tenantId, (tx) => tx.query('SELECT id FROM tenants'))).toEqual([
      { id: tenantId },
    ]);
    expect(await seenBy(other)).toEqual([other]);
  });
});
