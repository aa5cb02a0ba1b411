import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../db/client.ts';
import { createVault, environmentKeyProvider, keyStoreOn, postgresKeyStore } from '../../db/vault/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const TENANT = '0190a0a0-0000-7000-8000-000000000001';
const OTHER_TENANT = '0190a0a0-0000-7000-8000-000000000002';
const PERSON = '0190a0a0-0000-7000-8000-0000000000aa';
const keyProvider = environmentKeyProvider('5a'.repeat(32));

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url);
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

it('keys stand in the database, are found in one query for many, and a stored one is never replaced', async () => {
  const vault = createVault({ keyProvider, keyStore: await postgresKeyStore(database.url) });
  const [sealer] = await vault.createPersonKeys(TENANT, [PERSON]);
  const sealed = sealer!.sealNumber('+12025550100');
  await vault.createPersonKeys(TENANT, [PERSON]);
  const other = createVault({ keyProvider, keyStore: keyStoreOn(db) });
  expect(await other.openNumber(TENANT, PERSON, sealed)).toEqual({ kind: 'opened', value: '+12025550100' });
  expect((await other.sealersOf(TENANT, [PERSON, TENANT])).size).toBe(1);
  await vault.close();
});

it('keys of one tenant are neither seen nor destroyed by another', async () => {
  const store = keyStoreOn(db);
  const vault = createVault({ keyProvider, keyStore: store });
  await vault.createPersonKeys(TENANT, [PERSON]);
  expect(await store.get(OTHER_TENANT, [PERSON])).toEqual([]);
  expect(await vault.destroyPersonKey(OTHER_TENANT, PERSON)).toBe(false);
  expect(await store.get(TENANT, [PERSON])).toHaveLength(1);
  expect(await vault.destroyPersonKey(TENANT, PERSON)).toBe(true);
  expect(await store.get(TENANT, [PERSON])).toEqual([]);
});
