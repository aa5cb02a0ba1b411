import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAttempt, addCampaign, addContact, createRig, type Answer, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const STOP = '/v1/dialling/everything/stop';
const RESUME = '/v1/dialling/everything/resume';
const LATEST = '/v1/changes?resource=dialling&limit=2';

async function permitIn(tenant: Rig, number: string): Promise<string> {
  const campaignId = await addCampaign(tenant);
  const contact = await addContact(tenant, { campaignId, number });
  return addAttempt(tenant, { campaignId, ...contact, n: 1, state: 'claimed' });
}

async function stateOf(tenantId: string, attemptId: string): Promise<unknown> {
  const rows = await rig.db.inTenant(tenantId, (tx) =>
    tx.query('SELECT state, reason FROM attempts WHERE id = $1', [attemptId]),
  );
  return rows[0];
}

test('a stop of everything takes back the permits of every tenant, and each sees it until it is lifted', async () => {
  const theirs: Rig = { ...rig, tenantId: rig.other.tenantId, call: (...given) => rig.callOther(...given) };
  const mine = await permitIn(rig, '+12025550101');
  const other = await permitIn(theirs, '+12025550102');

  const stopped = await rig.call('POST', STOP, { reason: 'the carrier rings at night' });
  expect(stopped.status).toBe(200);
  expect(stopped.body.stop).toMatchObject({ revoked: 2, inFlight: 0, complete: true });
  const revoked = { state: 'revoked', reason: 'kill of everything' };
  expect(await stateOf(rig.tenantId, mine)).toEqual(revoked);
  expect(await stateOf(rig.other.tenantId, other)).toEqual(revoked);

  const seen = { stopped: false, everything: { stopped: true, reason: 'the carrier rings at night' } };
  expect((await rig.call('GET', '/v1/dialling')).body).toMatchObject(seen);
  expect((await rig.callOther('GET', '/v1/dialling')).body).toMatchObject(seen);

  const again = await rig.call('POST', STOP, { reason: 'again' });
  expect(again.body.stop['stopId']).toBe(stopped.body.stop['stopId']);
  expect((await rig.call('GET', '/v1/dialling')).body).toMatchObject(seen);

  expect((await rig.call('POST', RESUME, { reason: 'mended' })).body).toEqual({
    stopped: false,
    stoppedAt: null,
    reason: null,
  });
  expect((await rig.call('POST', RESUME)).status).toBe(200);
  expect((await rig.callOther('GET', '/v1/dialling')).body).toMatchObject({ everything: { stopped: false } });
});

test('every tenant has it in its record of changes, and no name of another tenant’s people', async () => {
  await rig.call('POST', STOP, { reason: 'call +12025550199 first' });
  await rig.call('POST', RESUME, { reason: 'mended' });
  const changes = async (answer: Promise<Answer>) => {
    const { body } = await answer;
    const items = body.items as unknown as { action: string; actor: string; reason: string }[];
    return items.map(({ action, actor, reason }) => [action, actor, reason]);
  };
  expect(await changes(rig.call('GET', LATEST))).toEqual([
    ['resumeEverything', 'key:configuration', 'mended'],
    ['stopEverything', 'key:configuration', expect.not.stringContaining('2025550199')],
  ]);
  expect(await changes(rig.callOther('GET', LATEST))).toEqual([
    ['resumeEverything', 'installation', 'mended'],
    ['stopEverything', 'installation', expect.not.stringContaining('2025550199')],
  ]);
});

test('an administrator of a tenant may neither stop everything nor make a key that may', async () => {
  for (const path of [STOP, RESUME]) {
    expect((await rig.callAs('admin', 'POST', path)).status).toBe(403);
    expect((await rig.callAs('installation', 'POST', path)).status).toBe(200);
  }
  const wish = { name: 'night-shift', roles: ['installation'] };
  expect((await rig.callAs('admin', 'POST', '/v1/access/keys', wish)).status).toBe(422);
  expect((await rig.call('POST', '/v1/access/keys', wish)).status).toBe(201);
});

test('lifting a narrower stop never lifts a wider one, and the other way round', async () => {
  await rig.call('POST', '/v1/dialling/stop');
  await rig.call('POST', STOP);
  expect((await rig.call('POST', '/v1/dialling/resume')).body).toMatchObject({
    stopped: false,
    everything: { stopped: true },
  });
  await rig.call('POST', '/v1/dialling/stop');
  await rig.call('POST', RESUME);
  expect((await rig.call('GET', '/v1/dialling')).body).toMatchObject({
    stopped: true,
    everything: { stopped: false },
  });
  await rig.call('POST', '/v1/dialling/resume');
});
