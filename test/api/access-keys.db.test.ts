import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../db/client.ts';
import { KEY_CACHE_MS, createKeyBook } from '../../api/access/keys.ts';
import { call, createRig, type Answer, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());
afterEach(() => {
  vi.useRealTimers();
});

interface Key {
  id: string;
  name: string;
  prefix: string;
  state: string;
  revision: number;
  successor: string | null;
  expiresAt: string | null;
  lastUsedAt: string | null;
}
interface Made {
  key: string;
  apiKey: Key;
  replaced: Key;
}
const made = (answer: Answer) => answer.body as unknown as Made;
const keyOf = (answer: Answer) => answer.body as unknown as Key;
const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });
const me = (key: string) => rig.call('GET', '/v1/access/me', undefined, bearer(key));
/** A promise and what resolves it (Promise.withResolvers of Node 22). */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => undefined as void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

let n = 0;
const create = async (body: Record<string, unknown>, headers?: Record<string, string>) =>
  rig.call('POST', '/v1/access/keys', { name: `key-${++n}`, roles: ['manager'], ...body }, headers);

/** Let only Date stand in the future, so that timers and sockets go on. */
function at(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: ms });
}

describe('a key', () => {
  test('is answered once, opens what its roles allow, and only its digest is stored', async () => {
    const answer = await create({ name: 'crm', roles: ['manager'] });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { key, apiKey } = made(answer);
    expect(key.startsWith(apiKey.prefix.slice(0, -1))).toBe(true);
    expect((await me(key)).body).toMatchObject({ actor: 'key:crm', roles: ['manager'], keyId: apiKey.id });
    const read = await rig.call('GET', `/v1/access/keys/${apiKey.id}`);
    expect(keyOf(read)).toMatchObject({ name: 'crm', state: 'usable' });
    const rows = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query<{ text: string }>(
        `SELECT k::text AS text FROM api_keys k UNION ALL SELECT c::text FROM changes c`,
      ),
    );
    for (const text of [JSON.stringify(read.body), ...rows.map((row) => row.text)]) {
      expect(text).not.toContain(key.slice(8));
    }
  });

  test('of another tenant stands for that tenant, whatever the tenant of the configuration is', async () => {
    const key = await rig.makeKey({ roles: ['admin'], tenantId: rig.other.tenantId });
    expect((await me(key)).body).toMatchObject({ tenantId: rig.other.tenantId });
  });

  test('that is none, is cut, is altered or names another tenant is refused alike', async () => {
    const key = await rig.makeKey({ roles: ['admin'] });
    const altered = `${key.slice(0, 10)}${key[10] === 'A' ? 'B' : 'A'}${key.slice(11)}`;
    const { makeKeyText } = await import('../../api/access/key-text.ts');
    const moved = key.slice(0, 46) + makeKeyText(rig.other.tenantId).text.slice(46);
    for (const wrong of [
      altered,
      key.slice(0, -1),
      `${key}A`,
      moved,
      makeKeyText(uuidv7()).text,
      'rck_',
      'x',
    ]) {
      const answer = await me(wrong);
      expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
        401,
        'unauthorized',
        'the API key is wrong',
      ]);
    }
  });

  test('expires at its instant, even while it is remembered', async () => {
    const expiresReal = Date.now() + 60_000;
    const key = await rig.makeKey({ roles: ['admin'], expiresReal });
    expect((await me(key)).status).toBe(200);
    at(expiresReal + 1);
    const answer = await me(key);
    expect([answer.status, answer.body.detail]).toEqual([401, 'the API key has expired']);
  });

  test('tells when it was last used', async () => {
    const { key, apiKey } = made(await create({}));
    expect(apiKey.lastUsedAt).toBeNull();
    await me(key);
    expect(keyOf(await rig.call('GET', `/v1/access/keys/${apiKey.id}`)).lastUsedAt).not.toBeNull();
  });

  test('that would have expired already, of an unknown role, of a name in use: refused with the field', async () => {
    await create({ name: 'taken' });
    const past = await create({ expiresAt: '2020-01-01T00:00:00Z' });
    const role = await create({ roles: ['root'] });
    const none = await create({ roles: [] });
    const reserved = await create({ name: 'configuration' });
    const unknown = await create({ admin: true });
    const useless = await create({ roles: ['agent'], scopes: ['access.write'] });
    expect(
      [past, role, none, reserved, unknown, useless].map((a) => [a.status, a.body.faults[0]?.field]),
    ).toEqual([
      [400, 'expiresAt'],
      [400, 'roles[0]'],
      [400, 'roles'],
      [400, 'name'],
      [400, 'admin'],
      [400, 'scopes[0]'],
    ]);
    expect((await create({ name: 'taken' })).status).toBe(409);
  });
});

describe('nobody hands on more than they have', () => {
  test('neither by roles nor by scopes nor by leaving scopes out', async () => {
    const key = await rig.makeKey({ roles: ['admin'], scopes: ['access.write', 'campaigns.read'] });
    const headers = bearer(key);
    const within = await create({ roles: ['manager'], scopes: ['campaigns.read'] }, headers);
    expect(within.status).toBe(201);
    for (const body of [
      { roles: ['admin'] },
      { roles: ['agent'] },
      { roles: ['manager'], scopes: ['campaigns.read', 'campaigns.write'] },
    ]) {
      const answer = await create(body, headers);
      expect([answer.status, answer.body.code]).toEqual([422, 'refused']);
      expect(answer.body.faults[0]?.fault).toMatch(/would give the permission [a-z]+\.[a-z]+/);
    }
  });

  test('nor by rotating or prolonging a key that may do more, whose text they would get or keep alive', async () => {
    const strong = made(await create({ roles: ['admin'] })).apiKey;
    const headers = bearer(await rig.makeKey({ roles: ['admin'], scopes: ['access.write'] }));
    const rotated = await rig.call('POST', `/v1/access/keys/${strong.id}/rotate`, {}, headers);
    const prolonged = await rig.call(
      'PATCH',
      `/v1/access/keys/${strong.id}`,
      { expiresAt: null },
      { ...headers, 'If-Match': '"1"' },
    );
    expect([rotated.status, prolonged.status]).toEqual([422, 422]);
  });
});

describe('rotation', () => {
  test('leaves no gap: the new key opens at once, the old one until its time is over', async () => {
    const old = made(await create({ name: 'billing', roles: ['auditor'] }));
    const answer = await rig.call('POST', `/v1/access/keys/${old.apiKey.id}/rotate`, { overlapHours: 2 });
    expect(answer.status).toBe(201);
    const { key, apiKey, replaced } = made(answer);
    expect([apiKey.name, replaced.successor, apiKey.expiresAt]).toEqual(['billing', apiKey.id, null]);
    expect([(await me(key)).status, (await me(old.key)).status]).toEqual([200, 200]);
    expect((await me(key)).body).toMatchObject({ actor: 'key:billing', roles: ['auditor'] });
    at(Date.parse(replaced.expiresAt!) + 1);
    expect([(await me(key)).status, (await me(old.key)).status]).toEqual([200, 401]);
  });

  test('without a body the overlap is a day, and a limited life begins anew', async () => {
    const lifeMs = 90 * 86_400_000;
    const old = made(await create({ expiresAt: new Date(Date.now() + lifeMs).toISOString() }));
    const { apiKey, replaced } = made(await rig.call('POST', `/v1/access/keys/${old.apiKey.id}/rotate`));
    expect(Math.abs(Date.parse(replaced.expiresAt!) - Date.now() - 86_400_000)).toBeLessThan(60_000);
    expect(Math.abs(Date.parse(apiKey.expiresAt!) - Date.now() - lifeMs)).toBeLessThan(60_000);
  });

  test('of a key that was rotated or revoked is a conflict, and two at once make one successor', async () => {
    const { apiKey } = made(await create({}));
    const answers = await Promise.all(
      [1, 2, 3].map(() => rig.call('POST', `/v1/access/keys/${apiKey.id}/rotate`)),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409]);
    const other = made(await create({})).apiKey;
    await rig.call('POST', `/v1/access/keys/${other.id}/revoke`);
    expect((await rig.call('POST', `/v1/access/keys/${other.id}/rotate`)).status).toBe(409);
  });
});

describe('revocation', () => {
  test('binds at once here, though the key was remembered; again changes nothing', async () => {
    const { key, apiKey } = made(await create({}));
    expect((await me(key)).status).toBe(200);
    const revoked = await rig.call('POST', `/v1/access/keys/${apiKey.id}/revoke`, { reason: 'lost' });
    expect(keyOf(revoked).state).toBe('revoked');
    expect((await me(key)).body.detail).toBe('the API key was revoked');
    const again = await rig.call('POST', `/v1/access/keys/${apiKey.id}/revoke`);
    expect([again.status, keyOf(again).revision]).toEqual([200, keyOf(revoked).revision]);
  });

  test('binds in another process when what it remembers is over, at most 5 seconds later', async () => {
    expect(KEY_CACHE_MS).toBeLessThanOrEqual(5_000);
    let nowReal = Date.now();
    const elsewhere = createKeyBook(rig.db, () => nowReal);
    const { key, apiKey } = made(await create({}));
    await elsewhere.principalOf(key);
    await rig.call('POST', `/v1/access/keys/${apiKey.id}/revoke`);
    nowReal += KEY_CACHE_MS + 1;
    await expect(elsewhere.principalOf(key)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('a key that was read while it was being revoked is not remembered', async () => {
    const key = await rig.makeKey({ roles: ['admin'], name: 'raced' });
    const read = deferred();
    const goOn = deferred();
    const slow: Database = {
      ...rig.db,
      single: async (tenantId, work) => {
        const result = await rig.db.single(tenantId, work);
        read.resolve();
        await goOn.promise;
        return result;
      },
    };
    const book = createKeyBook(slow);
    const reading = book.principalOf(key);
    await read.promise;
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(`UPDATE api_keys SET revoked_real = now() WHERE name = 'raced'`),
    );
    book.forget();
    goOn.resolve();
    await reading;
    await expect(book.principalOf(key)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

test('a change asks for the revision it was made for; a stale one is refused', async () => {
  const { apiKey } = made(await create({}));
  const path = `/v1/access/keys/${apiKey.id}`;
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  expect((await rig.call('PATCH', path, { expiresAt })).status).toBe(428);
  const changed = await rig.call('PATCH', path, { expiresAt, name: 'renamed' }, { 'If-Match': '"1"' });
  expect(keyOf(changed)).toMatchObject({ name: 'renamed', expiresAt, revision: 2 });
  expect(changed.headers.get('etag')).toBe('"2"');
  expect((await rig.call('PATCH', path, { name: 'late' }, { 'If-Match': '"1"' })).status).toBe(412);
});

test('keys are listed by page and by whether they can be used, and never with the key', async () => {
  const ids: string[] = [];
  let after = '';
  do {
    const page = await rig.call('GET', `/v1/access/keys?limit=3&usable=true${after}`);
    ids.push(...page.body.items.map((item) => item.id));
    expect(page.body.items.every((item) => !('key' in item || 'hash' in item))).toBe(true);
    after = page.body.next === null ? '' : `&after=${page.body.next}`;
  } while (after !== '');
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual([...ids].sort().reverse());
  const gone = await rig.call('GET', '/v1/access/keys?usable=false');
  expect(gone.body.items.length).toBeGreaterThan(0);
  expect(gone.body.items.some((item) => ids.includes(item.id))).toBe(false);
});

test('a token that only looks like one, without OIDC, is a wrong key', async () => {
  const answer = await call(rig.app, 'GET', '/v1/access/me', undefined, bearer('eyJhbGciOiJub25lIn0.e30.'));
  expect([answer.status, answer.body.detail]).toEqual([401, 'the API key is wrong']);
});
