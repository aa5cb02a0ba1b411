import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { NOW, addCarrier, createRig, type Answer, type Rig } from './rig.ts';
import {
  addAgent,
  addAgentCampaign,
  addCall,
  addPreview,
  addTeam,
  addWaitingCall,
  type Seated,
} from './seated.ts';

let rig: Rig;
let teamId: string;
let campaignId: string;
let anna: Seated;
let bert: Seated;
/** Kinds of carriers that let anybody listen in. */
let listens: string[] = [];
beforeAll(async () => {
  rig = await createRig({ listensIn: (kind) => listens.includes(kind) });
  await addCarrier(rig);
  teamId = await addTeam(rig, 'renewals');
  campaignId = await addAgentCampaign(rig, 'renewals');
});
afterAll(() => rig.close());
beforeEach(async () => {
  rig.clock.set(NOW);
  listens = [];
  anna = await addAgent(rig, teamId);
  bert = await addAgent(rig, teamId);
});

const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<T>(sql, [rig.tenantId, ...values]));
const seat = async ({ id }: Seated) =>
  (await rows<Record<string, unknown>>('SELECT * FROM seats WHERE tenant_id = $1 AND agent_id = $2', id))[0]!;
const ready = (agent: Seated) => agent.as('POST', '/v1/agents/me/state', { state: 'ready' });
const attempt = (call: { attemptId: string }) => {
  const [contactId, ordinal] = call.attemptId.split('/');
  return `/v1/contacts/${contactId}/attempts/${ordinal}`;
};
const supervise = (path: string, body?: unknown): Promise<Answer> =>
  rig.callAs('operator', 'POST', path, body);

describe('an agent answers what is shown to them', () => {
  test('by accepting it, once and again the same', async () => {
    const { previewId } = await addPreview(rig, anna.id, { campaignId });
    const path = `/v1/agents/me/previews/${previewId}/accept`;
    expect((await anna.as('POST', path)).body).toMatchObject({ state: 'accepted' });
    expect((await anna.as('POST', path)).status).toBe(200);
    const late = await anna.as('POST', `/v1/agents/me/previews/${previewId}/skip`, { reason: 'not_now' });
    expect([late.status, late.body.detail]).toEqual([409, 'the preview is accepted and cannot be skipped']);
  });

  test('by skipping it, with a reason', async () => {
    const { previewId } = await addPreview(rig, anna.id, { campaignId });
    const path = `/v1/agents/me/previews/${previewId}/skip`;
    const bare = await anna.as('POST', path, {});
    expect([bare.status, bare.body.faults.map(({ field }) => field)]).toEqual([400, ['reason']]);
    expect((await anna.as('POST', path, { reason: 'wrong_data' })).body).toMatchObject({
      state: 'skipped',
      reason: 'wrong_data',
    });
  });

  test('in time, or not at all', async () => {
    const { previewId } = await addPreview(rig, anna.id, { campaignId });
    rig.clock.advance(60_000);
    const late = await anna.as('POST', `/v1/agents/me/previews/${previewId}/accept`);
    expect([late.status, late.body.detail]).toEqual([409, 'the preview has run out and cannot be accepted']);
  });

  test('and nobody else can', async () => {
    const { previewId } = await addPreview(rig, anna.id, { campaignId });
    expect((await bert.as('POST', `/v1/agents/me/previews/${previewId}/accept`)).status).toBe(404);
  });
});

describe('a call', () => {
  test('that rings is given to another agent, and whoever had it is free', async () => {
    const call = await addCall(rig, anna.id, 'reserved', { campaignId });
    await ready(bert);
    const answer = await supervise(`${attempt(call)}/assign`, { agentId: bert.id });
    expect([answer.status, answer.body]).toMatchObject([200, { state: 'reserved', agentId: bert.id }]);
    expect([(await seat(anna))['state'], (await seat(bert))['attempt_id']]).toEqual([
      'ready',
      call.attemptId,
    ]);
    expect((await supervise(`${attempt(call)}/assign`, { agentId: bert.id })).status).toBe(200);
    const { items } = (await rig.call('GET', '/v1/changes?action=assignCall')).body;
    expect(items).toMatchObject([{ before: { agentId: anna.id }, after: { agentId: bert.id } }]);
  });

  test('that waits is given to an agent who is ready, to be joined with them', async () => {
    await ready(bert);
    const call = await addWaitingCall(rig, { campaignId });
    const answer = await supervise(`${attempt(call)}/assign`, { agentId: bert.id });
    expect(answer.body).toMatchObject({ state: 'connecting', agentId: bert.id });
  });

  test('is given to nobody who is not ready: not to one on a break, not to one in a call, not to one who is not', async () => {
    const call = await addWaitingCall(rig, { campaignId });
    await anna.as('POST', '/v1/agents/me/state', { state: 'break', reason: 'lunch' });
    const onBreak = await supervise(`${attempt(call)}/assign`, { agentId: anna.id });
    expect([onBreak.status, onBreak.body.detail]).toEqual([
      409,
      'the agent is break; a call is given to one who is ready',
    ]);
    await addCall(rig, bert.id, 'connected', { campaignId });
    expect((await supervise(`${attempt(call)}/assign`, { agentId: bert.id })).status).toBe(409);
    expect((await supervise(`${attempt(call)}/assign`, { agentId: uuidv7() })).status).toBe(404);
    await rows(
      `UPDATE agent_calls SET state = 'abandoned' WHERE tenant_id = $1 AND attempt_id = $2`,
      call.attemptId,
    );
  });

  test('with a person on it stays with its agent', async () => {
    const call = await addCall(rig, anna.id, 'connected', { campaignId });
    await ready(bert);
    const answer = await supervise(`${attempt(call)}/assign`, { agentId: bert.id });
    expect(answer.status).toBe(409);
    expect((await seat(bert))['state']).toBe('ready');
  });

  test('is listened in on where its carrier can, and who asked is on record; elsewhere it is refused', async () => {
    const call = await addCall(rig, anna.id, 'connected', { campaignId });
    await rows(
      `UPDATE attempts SET carrier_id = (SELECT id FROM carriers WHERE tenant_id = $1 LIMIT 1)
       WHERE tenant_id = $1 AND id = $2`,
      call.attemptId,
    );
    const refused = await supervise(`${attempt(call)}/listen`);
    expect([refused.status, refused.body.code]).toEqual([422, 'refused']);
    listens = ['simulator'];
    const first = await supervise(`${attempt(call)}/listen`);
    expect(first.body).toMatchObject({ listeners: [expect.stringMatching(/^key:/) as string] });
    await supervise(`${attempt(call)}/listen`);
    const { items } = (await rig.call('GET', `/v1/changes?action=listenIn`)).body;
    expect(items).toHaveLength(1);
    const ringing = await addCall(rig, bert.id, 'reserved', { campaignId });
    await rows(
      `UPDATE attempts SET carrier_id = (SELECT id FROM carriers WHERE tenant_id = $1 LIMIT 1)
       WHERE tenant_id = $1 AND id = $2`,
      ringing.attemptId,
    );
    expect((await supervise(`${attempt(ringing)}/listen`)).status).toBe(409);
  });
});

test('a contact that is shown to one agent is shown to another', async () => {
  const { previewId } = await addPreview(rig, anna.id, { campaignId });
  await ready(bert);
  const answer = await supervise(`/v1/agents/previews/${previewId}/assign`, { agentId: bert.id });
  expect([answer.status, answer.body]).toMatchObject([200, { agentId: bert.id, state: 'offered' }]);
  expect([(await seat(anna))['state'], (await seat(bert))['preview_id']]).toEqual(['ready', previewId]);
  expect((await bert.as('POST', `/v1/agents/me/previews/${previewId}/accept`)).status).toBe(200);
  expect((await supervise(`/v1/agents/previews/${previewId}/assign`, { agentId: anna.id })).status).toBe(409);
});

test('seats are listed by team, state and campaign', async () => {
  const team = await addTeam(rig, `team of ${uuidv7()}`);
  const carla = await addAgent(rig, team);
  const dora = await addAgent(rig, team);
  await ready(dora);
  await addCall(rig, carla.id, 'connected', { campaignId });
  const ids = async (query: string) =>
    (await rig.callAs('operator', 'GET', `/v1/agents/seats?teamId=${team}${query}`)).body.items.map(
      (item) => (item as unknown as { agentId: string }).agentId,
    );
  expect(await ids('')).toEqual([carla.id, dora.id]);
  expect(await ids('&state=ready')).toEqual([dora.id]);
  expect(await ids(`&campaignId=${campaignId}`)).toEqual([carla.id]);
  expect(await ids('&state=break')).toEqual([]);
});

test('agents see seats, and supervise nothing', async () => {
  const call = await addCall(rig, anna.id, 'reserved', { campaignId });
  for (const path of [`${attempt(call)}/assign`, `${attempt(call)}/listen`]) {
    expect((await anna.as('POST', path, { agentId: bert.id })).status).toBe(403);
  }
  expect((await anna.as('GET', '/v1/agents/seats')).status).toBe(200);
});
