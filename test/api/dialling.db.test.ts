import { afterAll, beforeAll, expect, test } from 'vitest';
import { WORK_CHANNEL } from '../../db/notify.ts';
import { addAttempt, addCampaign, addContact, createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const GOES_ON = { stopped: false, stoppedAt: null, reason: null };
const state = async () => (await rig.call('GET', '/v1/dialling')).body as unknown as Record<string, unknown>;

test('the kill switch takes back permits, is acknowledged as a stop, and stays until it is released', async () => {
  const campaignId = await addCampaign(rig);
  const contact = await addContact(rig, { campaignId, number: '+12025550101' });
  const attemptId = await addAttempt(rig, { campaignId, ...contact, n: 1, state: 'claimed' });
  expect(await state()).toEqual({
    stopped: false,
    stoppedAt: null,
    stoppedBy: null,
    reason: null,
    everything: GOES_ON,
  });

  const stopped = await rig.call('POST', '/v1/dialling/stop', { reason: 'wrong script' });
  expect(stopped.status).toBe(200);
  expect(stopped.body.stop).toMatchObject({ revoked: 1, complete: true });
  const since = (await state())['stoppedAt'];
  expect(await state()).toMatchObject({
    stopped: true,
    stoppedBy: 'key:configuration',
    reason: 'wrong script',
  });
  const [attempt] = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ state: string; reason: string }>('SELECT state, reason FROM attempts WHERE id = $1', [
      attemptId,
    ]),
  );
  expect(attempt).toEqual({ state: 'revoked', reason: 'kill of the tenant' });

  rig.clock.advance(60_000);
  await rig.call('POST', '/v1/dialling/stop', { reason: 'again' });
  expect(await state()).toMatchObject({ stoppedAt: since, reason: 'wrong script' });

  const resumed = await rig.call('POST', '/v1/dialling/resume', { reason: 'mended' });
  expect(resumed.body).toEqual({
    stopped: false,
    stoppedAt: null,
    stoppedBy: null,
    reason: null,
    everything: GOES_ON,
  });
  expect((await rig.call('POST', '/v1/dialling/resume')).status).toBe(200);
  const changes = (await rig.call('GET', '/v1/changes?resource=dialling')).body.items as unknown as {
    action: string;
    reason: string;
  }[];
  expect(changes.map((change) => [change.action, change.reason])).toEqual([
    ['resumeDialling', 'mended'],
    ['stopDialling', 'again'],
    ['stopDialling', 'wrong script'],
  ]);
});

test('it stops one tenant and no other', async () => {
  await rig.call('POST', '/v1/dialling/stop');
  expect((await rig.callOther('GET', '/v1/dialling')).body).toMatchObject({ stopped: false });
  await rig.callOther('POST', '/v1/dialling/resume');
  expect(await state()).toMatchObject({ stopped: true });
  await rig.call('POST', '/v1/dialling/resume');
});

test('whoever may stop it need not be one who may release it', async () => {
  expect((await rig.callAs('operator', 'POST', '/v1/dialling/stop')).status).toBe(200);
  expect((await rig.callAs('operator', 'POST', '/v1/dialling/resume')).status).toBe(403);
  expect((await rig.callAs('agent', 'POST', '/v1/dialling/stop')).status).toBe(403);
  expect((await rig.callAs('compliance', 'POST', '/v1/dialling/resume')).status).toBe(200);
});

test('the workers are told of both', async () => {
  const heard: string[] = [];
  const listening = await rig.db.listen(WORK_CHANNEL, (tenantId) => heard.push(tenantId));
  try {
    const count = () => heard.filter((tenantId) => tenantId === rig.tenantId).length;
    const before = count();
    await rig.call('POST', '/v1/dialling/stop');
    await expect.poll(count).toBeGreaterThan(before);
    const between = count();
    await rig.call('POST', '/v1/dialling/resume');
    await expect.poll(count).toBeGreaterThan(between);
  } finally {
    await listening.close();
  }
});
