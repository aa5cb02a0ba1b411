import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { makeKeyText } from '../../api/access/key-text.ts';
import { configurationKey } from '../../cli/api/credentials.ts';
import { openDatabase, type Database } from '../../db/client.ts';
import { insertApiKey } from '../../db/repositories/access.ts';
import { ensureTenant } from '../../db/repositories/tenants.ts';
import { parseConfig } from '../../runtime/config.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let db: Database;
let said: string[];
beforeEach(async () => {
  database = await createTestDatabase();
  db = await openDatabase(database.url, { maxConnections: 2 });
  said = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await db.close();
  await database.drop();
});

const config = (environment: Record<string, string> = {}) =>
  parseConfig({ DATABASE_URL: database.url, RIGHTCALL_MASTER_KEY: '5a'.repeat(32), ...environment });
const OUTSIDE = { RIGHTCALL_HOST: '0.0.0.0' };

async function addKey(change: { expiresReal?: number } = {}): Promise<void> {
  const tenantId = await ensureTenant(db, { slug: 'some', name: 'Some' });
  const { hash, prefix } = makeKeyText(tenantId);
  await db.inTenant(tenantId, (tx) =>
    insertApiKey(tx, {
      id: uuidv7(),
      name: 'one',
      hash,
      prefix,
      roles: ['admin'],
      scopes: null,
      expiresReal: change.expiresReal ?? null,
      by: 'test',
    }),
  );
}

test('where others could reach it and nothing lets anybody in, it does not start', async () => {
  await expect(configurationKey(config(OUTSIDE), db)).rejects.toMatchObject({ code: 'refused' });
  await addKey({ expiresReal: Date.now() - 1 });
  await expect(configurationKey(config(OUTSIDE), db)).rejects.toMatchObject({ code: 'refused' });
});

test('a usable key in the database, or OIDC, takes the place of one in the configuration', async () => {
  const oidc = { RIGHTCALL_OIDC_ISSUER: 'https://issuer.example', RIGHTCALL_OIDC_AUDIENCE: 'rightcall' };
  expect(await configurationKey(config({ ...OUTSIDE, ...oidc }), db)).toBeNull();
  await addKey();
  expect(await configurationKey(config(OUTSIDE), db)).toBeNull();
  expect(await configurationKey(config(), db)).toBeNull();
  expect(said).toEqual([]);
});

test('the key of the configuration stays a key beside others', async () => {
  await addKey();
  const key = 'a-key-of-sixteen-or-more';
  expect(await configurationKey(config({ ...OUTSIDE, RIGHTCALL_API_KEY: key }), db)).toBe(key);
});

test('on this machine alone one is made for the run and said', async () => {
  const key = await configurationKey(config(), db);
  expect(key).toMatch(/^[\w-]{32}$/);
  expect(said.join('')).toContain(key);
});
