import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addAttempt,
  addCampaign,
  addCarrier,
  addContact,
  createRig,
  SECRET,
  type Answer,
  type Rig,
} from './rig.ts';

let rig: Rig;
let carrierId: string;
beforeAll(async () => {
  rig = await createRig();
  carrierId = await addCarrier(rig);
});
afterAll(() => rig.close());

const settings = {
  kind: 'simulator',
  baseUrl: 'http://127.0.0.1:9',
  callsPerSecond: 10,
  maxConcurrentCalls: 20,
};
const at = (answer: Answer) => ({ 'If-Match': answer.headers.get('etag')! });
const read = () => rig.call('GET', '/v1/carriers/line-1');

async function changes(): Promise<{ action: string; actor: string; before: unknown; after: unknown }[]> {
  return rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `SELECT action, actor, before, after FROM changes WHERE tenant_id = $1 AND resource = 'carrier' ORDER BY id`,
      [tx.tenantId],
    ),
  );
}

test('one carrier is read by its name, with its revision as the ETag', async () => {
  const answer = await read();
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ id: carrierId, name: 'line-1', revision: 1, pausedSince: null });
  expect(answer.headers.get('etag')).toBe('"1"');
  expect((await rig.call('GET', '/v1/carriers/line-404')).status).toBe(404);
});

test('saying again what it is changes nothing; changing it needs the revision it was made for', async () => {
  const again = await rig.call('PUT', '/v1/carriers/line-1', { ...settings, webhookSecret: SECRET });
  expect([again.status, again.body.revision]).toEqual([200, 1]);
  const other = { ...settings, callsPerSecond: 11 };
  expect((await rig.call('PUT', '/v1/carriers/line-1', other)).status).toBe(428);
  const stale = await rig.call('PUT', '/v1/carriers/line-1', other, { 'If-Match': '"7"' });
  expect([stale.status, stale.body.code]).toEqual([412, 'precondition_failed']);
  const changed = await rig.call('PUT', '/v1/carriers/line-1', other, at(await read()));
  expect([changed.status, changed.body.revision, changed.headers.get('etag')]).toEqual([200, 2, '"2"']);
  const back = await rig.call('PUT', '/v1/carriers/line-1', settings, at(changed));
  expect(back.body.revision).toBe(3);
});

test('caps are changed alone, at the revision they were changed for, and the change is recorded', async () => {
  const before = await read();
  const path = '/v1/carriers/line-1';
  expect((await rig.call('PATCH', path, { callsPerSecond: 3 })).status).toBe(428);
  expect((await rig.call('PATCH', path, {}, at(before))).status).toBe(400);
  const unknown = await rig.call('PATCH', path, { kind: 'simulator' }, at(before));
  expect([unknown.status, unknown.body.faults.map((f) => f.field)]).toEqual([400, ['kind', 'body']]);
  expect((await rig.call('PATCH', path, { callsPerSecond: -1 }, at(before))).status).toBe(400);
  const changed = await rig.call('PATCH', path, { callsPerSecond: 3 }, at(before));
  expect(changed.body).toMatchObject({ callsPerSecond: 3, maxConcurrentCalls: 20 });
  expect((await rig.call('PATCH', path, { callsPerSecond: 4 }, at(before))).status).toBe(412);
  expect((await rig.call('PATCH', '/v1/carriers/none', { callsPerSecond: 4 }, at(before))).status).toBe(404);
  expect((await changes()).at(-1)).toMatchObject({
    action: 'changeCarrier',
    before: { callsPerSecond: 10 },
    after: { callsPerSecond: 3 },
  });
});

test('paused it says since when, why and by whom; the state counts what is up and what went wrong', async () => {
  const campaignId = await addCampaign(rig);
  const seed = async (number: string, n: number, state: string, more: object = {}) => {
    const ids = await addContact(rig, { campaignId, number, state: 'admitted' });
    const id = await addAttempt(rig, { campaignId, ...ids, n, state, ...more });
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `UPDATE attempts SET carrier_id = $3, sending_real = CASE WHEN state <> 'claimed' THEN now() END,
                reason = CASE WHEN state = 'rejected' THEN 'carrier.transient: 503' END
         WHERE tenant_id = $1 AND id = $2`,
        [tx.tenantId, id, carrierId],
      ),
    );
    return id;
  };
  const claimed = await seed('+12025550110', 1, 'claimed');
  await seed('+12025550111', 1, 'sent', { answered: true });
  await seed('+12025550112', 1, 'ended', { outcome: 'congestion' });
  await seed('+12025550113', 1, 'rejected', { outcome: 'carrier_error' });
  const state = await rig.call('GET', '/v1/carriers/line-1/state');
  expect(state.body).toMatchObject({
    inUse: true,
    callsUp: { claimed: 1, sending: 0, ringing: 0, answered: 1, unknown: 0, total: 2 },
    callsPerSecond: { last10S: 0.3 },
    errors: [
      { kind: 'carrier.transient', count: 1 },
      { kind: 'congestion', count: 1 },
    ],
  });

  const paused = await rig.call('POST', '/v1/carriers/line-1/pause', { reason: 'trunk moved' });
  expect(paused.status).toBe(200);
  expect(paused.body).toMatchObject({
    carrier: { pauseReason: 'trunk moved', pausedBy: 'key:configuration' },
    // The permit is void; the conversation goes on.
    stop: { revoked: 1, complete: true },
  });
  const row = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('SELECT state FROM attempts WHERE tenant_id = $1 AND id = $2', [tx.tenantId, claimed]),
  );
  expect(row).toEqual([{ state: 'revoked' }]);
  const since = (await read()).body;
  const again = await rig.call('POST', '/v1/carriers/line-1/pause', { reason: 'another' });
  expect(again.body).toMatchObject({ carrier: since });
  expect((await rig.call('GET', '/v1/carriers/line-1/state')).body).toMatchObject({
    inUse: false,
    pauseReason: 'trunk moved',
  });

  const resumed = await rig.call('POST', '/v1/carriers/line-1/resume');
  expect(resumed.body).toMatchObject({ pausedSince: null, pauseReason: null });
  expect((await rig.call('POST', '/v1/carriers/line-1/resume')).body).toEqual(resumed.body);
  expect((await changes()).slice(-2).map((one) => one.action)).toEqual(['pauseCarrier', 'resumeCarrier']);
  expect((await rig.call('POST', '/v1/carriers/none/pause')).status).toBe(404);
  expect((await rig.call('POST', '/v1/carriers/none/resume')).status).toBe(404);
});

test("another tenant's carrier is not found, cannot be paused, and secrets are in no record", async () => {
  for (const [method, path, body] of [
    ['GET', '/v1/carriers/line-1', undefined],
    ['GET', '/v1/carriers/line-1/state', undefined],
    ['PATCH', '/v1/carriers/line-1', { callsPerSecond: 1 }],
    ['POST', '/v1/carriers/line-1/pause', {}],
    ['POST', '/v1/carriers/line-1/resume', {}],
  ] as const) {
    const answer = await rig.callOther(method, path, body, { 'If-Match': '"1"' });
    expect(answer.status, `${method} ${path}`).toBe(404);
  }
  expect((await read()).body).toMatchObject({ pausedSince: null });
  const recorded = JSON.stringify(await changes());
  expect(recorded).toContain('"webhookSecret":"set"');
  expect(recorded).not.toContain(SECRET);
});
