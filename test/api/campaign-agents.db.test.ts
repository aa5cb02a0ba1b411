import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addCarrier, addContact, createRig, definition, type Answer, type Rig } from './rig.ts';
import { addAgent, addAgentCampaign, addCall, addTeam } from './seated.ts';

let rig: Rig;
let teamId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  teamId = await addTeam(rig, 'renewals');
});
afterAll(() => rig.close());

const of = (answer: Answer) => answer.body as unknown as Record<string, unknown>;
const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<T>(sql, [rig.tenantId, ...values]));
const agents = (change: Record<string, unknown> = {}) => ({ teams: ['renewals'], ...change });

describe('a team that is not', () => {
  const faults = [
    {
      field: 'agents.teams[1]',
      fault: 'names no team there is',
      expected: expect.stringContaining('renewals') as string,
    },
  ];
  const wrong = { agents: agents({ teams: ['renewals', 'ghosts'] }) };

  test('cannot be named by a new campaign, and the answer says which there are', async () => {
    const answer = await rig.call('POST', '/v1/campaigns', definition(wrong));
    expect([answer.status, answer.body.faults]).toEqual([400, faults]);
  });

  test('cannot be named by a change, nor by a clone', async () => {
    const id = await addAgentCampaign(rig, 'renewals');
    const changed = await rig.call('PATCH', `/v1/campaigns/${id}`, wrong, { 'If-Match': '"1"' });
    expect([changed.status, changed.body.faults]).toEqual([400, faults]);
    const cloned = await rig.call('POST', `/v1/campaigns/${id}/clone`, { name: 'Again', changes: wrong });
    expect([cloned.status, cloned.body.faults]).toEqual([400, faults]);
  });
});

test('a team that a campaign names keeps its name while the campaign is not over', async () => {
  const name = `team ${uuidv7()}`;
  const id = await addTeam(rig, name);
  const campaignId = await addAgentCampaign(rig, name);
  const rename = () => rig.call('PATCH', `/v1/teams/${id}`, { name: `${name}!` }, { 'If-Match': '"1"' });
  expect((await rename()).status).toBe(409);
  await rig.call('POST', `/v1/campaigns/${campaignId}/stop`);
  expect((await rename()).status).toBe(200);
});

describe('a campaign for which there is no agent', () => {
  test('starts, and the answer says what is wanting', async () => {
    await addAgent(rig, teamId, { skills: { loans: 3 }, languages: ['zh-CN'] });
    const start = async (change: Record<string, unknown>) => {
      const id = await addAgentCampaign(rig, 'renewals', change);
      const answer = await rig.call('POST', `/v1/campaigns/${id}/start`);
      expect([answer.status, answer.body.status]).toEqual([200, 'running']);
      return of(answer)['warnings'];
    };
    expect(await start({ skills: { loans: 5 } })).toEqual([
      {
        code: 'agents.none_with_skill',
        text: 'nobody in its teams has the skills that it asks for: loans 5',
      },
    ]);
    expect(await start({ languages: ['fr-FR'] })).toMatchObject([{ code: 'agents.none_with_language' }]);
    expect(await start({ skills: { loans: 3 } })).toMatchObject([{ code: 'agents.none_signed_in' }]);
  });

  test('says so in why and progress, and says when there is one', async () => {
    const team = `team ${uuidv7()}`;
    const own = await addTeam(rig, team);
    const campaignId = await addAgentCampaign(rig, team, { skills: { loans: 5 } });
    await addContact(rig, { campaignId, number: '+12025550133' });
    await rows(
      `UPDATE campaigns SET status = 'running', definition = jsonb_set(definition, '{mode}', '"progressive"')
       WHERE tenant_id = $1 AND id = $2`,
      campaignId,
    );
    const why = async () =>
      of(
        await rig.call('GET', `/v1/campaigns/${campaignId}/why`, undefined, { 'Cache-Control': 'no-cache' }),
      );
    const progress = async () => of(await rig.call('GET', `/v1/campaigns/${campaignId}/progress`));
    expect((await why())['agents']).toMatchObject({ reason: { code: 'agents.none_in_team' }, needed: true });
    const anna = await addAgent(rig, own, { skills: { loans: 5 } });
    expect(await progress()).toMatchObject({ agents: { ready: 0, reason: 'agents.none_signed_in' } });
    await anna.as('POST', '/v1/agents/me/state', { state: 'ready' });
    expect((await why())['agents']).toMatchObject({ reason: null, seats: { ready: 1 } });
    expect(await progress()).toMatchObject({ agents: { ready: 1, reason: null, waitingCalls: 0 } });
    await addCall(rig, anna.id, 'connected', { campaignId });
    expect((await why())['agents']).toMatchObject({
      reason: { code: 'agents.none_free' },
      seats: { inCall: 1 },
    });
  });

  test('of a mode without agents says nothing of them', async () => {
    const made = await rig.call('POST', '/v1/campaigns', definition({ name: 'alone' }));
    expect(of(await rig.call('GET', `/v1/campaigns/${made.body.id}/why`))['agents']).toBeNull();
    expect(of(await rig.call('GET', `/v1/campaigns/${made.body.id}/progress`))['agents']).toBeNull();
  });
});

test('a contact belongs to the agent it is given to, until it is taken back', async () => {
  const campaignId = await addAgentCampaign(rig, 'renewals');
  const { contactId } = await addContact(rig, { campaignId, number: '+12025550134' });
  const anna = await addAgent(rig, teamId);
  const path = `/v1/contacts/${contactId}`;
  const put = (agentId: string | null) => rig.call('PUT', `${path}/agent`, { agentId });
  expect(of(await put(anna.id))).toEqual({ contactId, agentId: anna.id });
  expect(of(await rig.call('GET', path))['preferredAgentId']).toBe(anna.id);
  expect((await put(uuidv7())).status).toBe(404);
  expect((await put(null)).status).toBe(200);
  const { items } = (await rig.call('GET', `/v1/changes?action=setContactAgent&resourceId=${contactId}`))
    .body;
  expect(items).toMatchObject([{ after: { agentId: null } }, { after: { agentId: anna.id } }]);
});

test('a call shows whose it is, and what it came to', async () => {
  const campaignId = await addAgentCampaign(rig, 'renewals');
  const anna = await addAgent(rig, teamId);
  const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
  await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'no' });
  const [contactId] = call.attemptId.split('/');
  const shown = { agentId: anna.id, state: 'over', disposition: 'no', mode: 'progressive', listeners: [] };
  expect(of(await rig.call('GET', `/v1/contacts/${contactId}/attempts/1/call`))['agent']).toEqual(shown);
  const listed = await rig.call('GET', `/v1/calls?campaignId=${campaignId}`);
  expect(listed.body.items).toMatchObject([{ agent: shown }]);
});
