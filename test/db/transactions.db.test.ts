import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database, type Tx } from '../../db/client.ts';
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
beforeEach(() => rename('Test'));

const RENAME = 'UPDATE tenants SET name = $2 WHERE id = $1 RETURNING name';
const rename = (name: string) => db.inTenant(tenantId, (tx) => tx.query(RENAME, [tenantId, name]));
const name = async () =>
  (
    await db.inTenant(tenantId, (tx) =>
      tx.query<{ name: string }>('SELECT name FROM tenants WHERE id = $1', [tenantId]),
    )
  )[0]!.name;
const divide = (tx: Tx) => tx.query('SELECT 1 / 0');

describe('a transaction', () => {
  it('is committed along with its last statement, which answers as any other', async () => {
    const rows = await db.inTenant(tenantId, async (tx) => {
      await tx.query('SELECT 1');
      return tx.last('rename', RENAME, [tenantId, 'Renamed']);
    });
    expect(rows).toEqual([{ name: 'Renamed' }]);
    expect(await name()).toBe('Renamed');
  });

  it('commits nothing where its last statement fails, and says what failed', async () => {
    await expect(
      db.inTenant(tenantId, async (tx) => {
        await tx.query(RENAME, [tenantId, 'Renamed']);
        await tx.last('divide', 'SELECT 1 / $1::int', [0]);
      }),
    ).rejects.toThrow('division by zero');
    expect(await name()).toBe('Test');
  });

  it.each([
    ['a statement', (tx: Tx) => tx.query('SELECT 1')],
    ['a prepared one', (tx: Tx) => tx.prepared('one', 'SELECT 1', [])],
    ['another last one', (tx: Tx) => tx.last('one', 'SELECT 1', [])],
    ['one of the query builder', async (tx: Tx) => tx.orm.execute('SELECT 1')],
  ])('refuses %s after its last', async (_what, more) => {
    await expect(
      db.inTenant(tenantId, async (tx) => {
        await tx.last('rename', RENAME, [tenantId, 'Renamed']);
        await more(tx);
      }),
    ).rejects.toThrow('after the last one');
  });

  it('is no success where a statement failed and nobody heard: what was done before is rolled back', async () => {
    await expect(
      db.inTenant(tenantId, async (tx) => {
        await tx.query(RENAME, [tenantId, 'Renamed']);
        await divide(tx).catch(() => undefined);
      }),
    ).rejects.toThrow('rolled back');
    expect(await name()).toBe('Test');
  });

  it('leaves its connection as it was for the next, whatever became of it', async () => {
    await expect(db.inTenant(tenantId, divide)).rejects.toThrow('division by zero');
    await expect(db.inTenant(tenantId, () => Promise.reject(new Error('of the work')))).rejects.toThrow(
      'of the work',
    );
    expect(await name()).toBe('Test');
    expect(db.connections()).toMatchObject({ open: 1, idle: 1 });
  });

  it('keeps several statements that are asked for at once in their order', async () => {
    const names = ['a', 'b', 'c'];
    const rows = await db.inTenant(tenantId, (tx) =>
      Promise.all(names.map((to) => tx.query(RENAME, [tenantId, to]))),
    );
    expect(rows.flat()).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    expect(await name()).toBe('c');
  });
});
