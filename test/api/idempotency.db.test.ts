import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { createApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { LEASE_MS, STOP_LEASE_MS, sweepIdempotencyKeys } from '../../db/repositories/idempotency.ts';
import { addCampaign, addCarrier, call, createRig, definition, type Rig } from './rig.ts';

let rig: Rig;
let deps: ApiDeps;
beforeAll(async () => {
  rig = await createRig();
  ({ deps } = rig);
});
afterAll(() => rig.close());

const keyed = (key = uuidv7()) => ({ 'Idempotency-Key': key });
const rows = () =>
  rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ applied: boolean; answered: boolean; text: string; fence: number }>(
      `SELECT applied_real IS NOT NULL AS applied, answered_real IS NOT NULL AS answered, fence, k::text AS text
       FROM idempotency_keys k ORDER BY created_real DESC`,
    ),
  );
const named = async (name: string) =>
  (await rig.db.inTenant(rig.tenantId, (tx) => tx.query('SELECT id FROM campaigns WHERE name = $1', [name])))
    .length;
const sql = (text: string) => rig.db.inTenant(rig.tenantId, (tx) => tx.query(text));

describe('the same request under the same key', () => {
  test('is done once and answered as it was, with status, ETag and Location', async () => {
    const headers = keyed();
    const first = await rig.call('POST', '/v1/campaigns', definition({ name: 'once' }), headers);
    const again = await rig.call('POST', '/v1/campaigns', definition({ name: 'once' }), headers);
    expect([again.status, again.body]).toEqual([201, first.body]);
    for (const name of ['etag', 'location', 'content-type']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await named('once')).toBe(1);
  });

  test('twenty at once: one is done, the others are told to wait or get its answer', async () => {
    const headers = keyed();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        rig.call('POST', '/v1/campaigns', definition({ name: 'crowd' }), headers),
      ),
    );
    expect(await named('crowd')).toBe(1);
    const done = answers.filter((answer) => answer.status === 201);
    expect(done.length).toBeGreaterThan(0);
    expect(new Set(done.map((answer) => answer.body.id)).size).toBe(1);
    for (const answer of answers.filter((one) => one.status !== 201)) {
      expect(answer.status).toBe(409);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });

  test('answers the very key that was made, and keeps it sealed', async () => {
    const headers = keyed();
    const body = { name: 'replayed', roles: ['auditor'] };
    const first = await rig.call('POST', '/v1/access/keys', body, headers);
    const again = await rig.call('POST', '/v1/access/keys', body, headers);
    const { key } = first.body as unknown as { key: string };
    expect(again.body).toEqual(first.body);
    const [row] = await rows();
    expect(row!.text).not.toContain(key);
    expect(row!.text).not.toContain(Buffer.from(key).toString('hex'));
    expect(row!.text).not.toContain(headers['Idempotency-Key']);
  });

  test('with another body, address, revision or operation is a conflict', async () => {
    const headers = keyed();
    const campaignId = await addCampaign(rig);
    const path = `/v1/campaigns/${campaignId}`;
    const first = await rig.call('PATCH', path, { name: 'a' }, { ...headers, 'If-Match': '"1"' });
    expect(first.status).toBe(200);
    const others = [
      await rig.call('PATCH', path, { name: 'b' }, { ...headers, 'If-Match': '"1"' }),
      await rig.call('PATCH', path, { name: 'a' }, { ...headers, 'If-Match': '"2"' }),
      await rig.call('PATCH', `/v1/campaigns/${uuidv7()}`, { name: 'a' }, { ...headers, 'If-Match': '"1"' }),
      await rig.call('POST', `${path}/pause`, undefined, headers),
    ];
    expect(others.map((answer) => [answer.status, answer.body.code])).toEqual(
      others.map(() => [409, 'conflict']),
    );
    // The same once more is still what it was.
    const again = await rig.call('PATCH', path, { name: 'a' }, { ...headers, 'If-Match': '"1"' });
    expect([again.status, again.body.revision]).toEqual([200, 2]);
  });

  test('of another caller, or in another tenant, is another request', async () => {
    const headers = keyed();
    const one = await rig.call('POST', '/v1/campaigns', definition({ name: 'mine' }), headers);
    const manager = await rig.callAs(
      'manager',
      'POST',
      '/v1/campaigns',
      definition({ name: 'mine' }),
      headers,
    );
    const other = await rig.callOther('POST', '/v1/campaigns', definition({ name: 'mine' }), headers);
    expect([one, manager, other].map((answer) => answer.status)).toEqual([201, 201, 201]);
    expect(new Set([one, manager, other].map((answer) => answer.body.id)).size).toBe(3);
  });
});

test('what was refused gives its key free: corrected, it may be sent under it', async () => {
  const headers = keyed();
  const wrong = await rig.call('POST', '/v1/campaigns', definition({ name: '' }), headers);
  expect(wrong.status).toBe(400);
  const right = await rig.call('POST', '/v1/campaigns', definition({ name: 'corrected' }), headers);
  expect(right.status).toBe(201);
});

test('a key that is none is a fault of its header', async () => {
  for (const key of ['x'.repeat(256), 'with blank', '']) {
    const answer = await rig.call('POST', '/v1/campaigns', definition(), { 'Idempotency-Key': key });
    expect([answer.status, answer.body.faults?.[0]?.field], key).toEqual([400, 'header.idempotency-key']);
  }
});

test('without the header nothing is asked of the database, and reads take no key', async () => {
  const before = (await rows()).length;
  await rig.call('POST', '/v1/campaigns', definition());
  await rig.call('GET', '/v1/campaigns', undefined, keyed());
  expect((await rows()).length).toBe(before);
});

test('an upload is told by its length, and its content by the import', async () => {
  const campaignId = await addCampaign(rig);
  const headers = keyed();
  const path = `/v1/campaigns/${campaignId}/imports?name=list.csv`;
  const send = (text: string) =>
    rig.call('POST', path, text, { ...headers, 'Content-Length': String(text.length) });
  const first = await send('phone\n+12025550101\n');
  const again = await send('phone\n+12025550101\n');
  expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
  expect((await send('phone\n+12025550101\n+12025550102\n')).status).toBe(409);
});

describe('a process that ends in the middle', () => {
  /** The API as it would be if the process ended once `stage` is reached: what follows never happens. */
  const dying = (stage: 'before the work' | 'after the work') => {
    let dead = false;
    const db: ApiDeps['db'] = {
      ...rig.db,
      // The dead renew no lease.
      single: (tenantId, work) => (dead ? new Promise(() => undefined) : rig.db.single(tenantId, work)),
      inTenant: async (tenantId, work) => {
        dead = true;
        if (stage === 'after the work') await rig.db.inTenant(tenantId, work);
        return new Promise(() => undefined);
      },
    };
    return createApp({ ...deps, db });
  };
  /** The request was begun, and, where asked for, has done its work; nothing was answered. */
  const until = (state: { applied: boolean }) =>
    vi.waitUntil(async () => {
      const [newest] = await rows();
      return newest?.answered === false && newest.applied === state.applied;
    });

  test('before it did anything: after its lease the same request does it', async () => {
    const headers = keyed();
    void call(dying('before the work'), 'POST', '/v1/campaigns', definition({ name: 'died early' }), headers);
    await until({ applied: false });
    const soon = await rig.call('POST', '/v1/campaigns', definition({ name: 'died early' }), headers);
    expect([soon.status, Number(soon.headers.get('retry-after'))]).toEqual([409, LEASE_MS / 1_000]);
    await sql(
      `UPDATE idempotency_keys SET lease_until_real = now() - interval '1 s' WHERE answered_real IS NULL`,
    );
    const later = await rig.call('POST', '/v1/campaigns', definition({ name: 'died early' }), headers);
    expect(later.status).toBe(201);
    expect(await named('died early')).toBe(1);
  });

  test('after the work: it is not done twice, and the answer says so', async () => {
    const headers = keyed();
    void call(dying('after the work'), 'POST', '/v1/campaigns', definition({ name: 'died late' }), headers);
    await until({ applied: true });
    expect(await named('died late')).toBe(1);
    await sql(
      `UPDATE idempotency_keys SET lease_until_real = now() - interval '1 s' WHERE answered_real IS NULL`,
    );
    const later = await rig.call('POST', '/v1/campaigns', definition({ name: 'died late' }), headers);
    expect(later.status).toBe(409);
    expect(later.body.detail).toMatch(/was carried out, and its answer was lost/);
    expect(await named('died late')).toBe(1);
  });

  test('after a stop became binding: the stop is done again, since it must be acknowledged', async () => {
    await addCarrier(rig);
    const campaignId = await addCampaign(rig, { name: 'stopped twice' });
    await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
    const headers = keyed();
    void call(dying('after the work'), 'POST', `/v1/campaigns/${campaignId}/pause`, undefined, headers);
    await until({ applied: true });
    // As if it had died just now, however long the machine took to come here.
    await sql(
      `UPDATE idempotency_keys SET lease_until_real = clock_timestamp() + interval '${STOP_LEASE_MS} ms' WHERE answered_real IS NULL`,
    );
    const soon = await rig.call('POST', `/v1/campaigns/${campaignId}/pause`, undefined, headers);
    // No longer than what the process left under way is waited for: a stop is not to hang on the dead.
    expect(soon.status).toBe(409);
    expect(Number(soon.headers.get('retry-after'))).toBeLessThanOrEqual(STOP_LEASE_MS / 1_000);
    await sql(
      `UPDATE idempotency_keys SET lease_until_real = now() - interval '1 s' WHERE answered_real IS NULL`,
    );
    const later = await rig.call('POST', `/v1/campaigns/${campaignId}/pause`, undefined, headers);
    expect([later.status, later.body.stop['complete']]).toEqual([200, true]);
  });

  test('late, when another has begun the request again: it cannot commit any more', async () => {
    const headers = keyed();
    let goOn = () => undefined as void;
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = createApp({
      ...deps,
      db: {
        ...rig.db,
        inTenant: async (tenantId, work) =>
          rig.db.inTenant(tenantId, async (tx) => {
            await waiting;
            return work(tx);
          }),
      },
    });
    const late = call(slow, 'POST', '/v1/campaigns', definition({ name: 'overtaken' }), headers);
    await until({ applied: false });
    await sql(
      `UPDATE idempotency_keys SET lease_until_real = now() - interval '1 s' WHERE answered_real IS NULL`,
    );
    const taken = await rig.call('POST', '/v1/campaigns', definition({ name: 'overtaken' }), headers);
    expect(taken.status).toBe(201);
    goOn();
    expect((await late).status).toBe(409);
    expect(await named('overtaken')).toBe(1);
    const again = await rig.call('POST', '/v1/campaigns', definition({ name: 'overtaken' }), headers);
    expect(again.body.id).toBe(taken.body.id);
  });
});

test('a key is good for a day, then it is forgotten and may be used anew', async () => {
  const headers = keyed();
  const first = await rig.call('POST', '/v1/campaigns', definition({ name: 'old' }), headers);
  await sql(`UPDATE idempotency_keys SET created_real = now() - interval '24 hours 1 minute'`);
  const again = await rig.call('POST', '/v1/campaigns', definition({ name: 'old' }), headers);
  expect([again.status, again.body.id === first.body.id]).toEqual([201, false]);
  await sql(`UPDATE idempotency_keys SET created_real = now() - interval '24 hours 1 minute'`);
  const kept = (await rows()).length;
  expect(await rig.db.single(rig.tenantId, sweepIdempotencyKeys)).toBe(kept);
  expect(await rows()).toEqual([]);
});

test('a request that reads one state of the database before it writes is carried out under a key as without one', async () => {
  const made = await rig.call('POST', '/v1/policies/drafts', {
    title: 'Keyed',
    remove: ['pack/house-marketing', 'pack/house-marketing-cn'],
  });
  const path = `/v1/policies/drafts/${made.body.id}`;
  const checked = await rig.call('POST', `${path}/check`, undefined, { 'If-Match': '"1"' });
  expect(checked.body).toMatchObject({ check: { passed: true } });
  const ask = () => rig.call('POST', `${path}/previews`, {}, { 'Idempotency-Key': 'one-preview' });
  const first = await ask();
  expect([200, 201, 202]).toContain(first.status);
  expect((await ask()).body).toEqual(first.body);
});
