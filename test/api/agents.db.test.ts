import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { NOW, createRig, type Answer, type Rig } from './rig.ts';

let rig: Rig;
let teamId: string;
beforeAll(async () => {
  rig = await createRig();
  teamId = (await rig.call('POST', '/v1/teams', { name: 'renewals' })).body.id;
});
afterAll(() => rig.close());
beforeEach(() => rig.clock.set(NOW));

const fields = (answer: Answer) => answer.body.faults.map((fault) => fault.field);
const of = (answer: Answer) => answer.body as unknown as Record<string, unknown>;

interface Seated {
  readonly id: string;
  readonly as: (method: string, path: string, body?: unknown) => Promise<Answer>;
}

/** An agent with a key of their own. */
async function agent(change: Record<string, unknown> = {}): Promise<Seated> {
  const name = `agent-${uuidv7()}`;
  const key = await rig.makeKey({ roles: ['agent'], name });
  const made = await rig.call('POST', '/v1/agents', {
    name: 'Anna',
    account: `key:${name}`,
    teamId,
    zone: 'Asia/Shanghai',
    ...change,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return {
    id: made.body.id,
    as: (method, path, body) => rig.call(method, path, body, { Authorization: `Bearer ${key}` }),
  };
}

describe('teams', () => {
  test('are made, listed by name, and renamed for the revision that was seen', async () => {
    const made = await rig.call('POST', '/v1/teams', { name: 'a-team' });
    expect(made.status).toBe(201);
    const path = `/v1/teams/${made.body.id}`;
    expect((await rig.call('PATCH', path, { name: 'b-team' })).status).toBe(428);
    const changed = await rig.call('PATCH', path, { name: 'b-team' }, { 'If-Match': '"1"' });
    expect(of(changed)).toMatchObject({ name: 'b-team', revision: 2 });
    expect((await rig.call('PATCH', path, { name: 'c-team' }, { 'If-Match': '"1"' })).status).toBe(412);
    const names = (await rig.call('GET', '/v1/teams')).body.items.map(
      (team) => of({ body: team } as Answer)['name'],
    );
    expect(names).toEqual(['b-team', 'renewals']);
    const { items } = (await rig.call('GET', `/v1/changes?resource=team&resourceId=${made.body.id}`)).body;
    expect(items).toMatchObject([{ action: 'changeTeam' }, { action: 'createTeam' }]);
  });

  test('keep one name each', async () => {
    expect((await rig.call('POST', '/v1/teams', { name: 'renewals' })).status).toBe(409);
    expect(fields(await rig.call('POST', '/v1/teams', { name: ' ' }))).toEqual(['name']);
  });
});

describe('agents', () => {
  test('are made with a seat, changed for the revision that was seen, and found by team', async () => {
    const { id } = await agent({ skills: { loans: 5 }, languages: ['zh-CN'] });
    const read = await rig.call('GET', `/v1/agents/${id}`);
    expect(of(read)).toMatchObject({
      agent: { skills: { loans: 5 }, languages: ['zh-CN'], enabled: true, shifts: null },
      seat: { state: 'offline', contactId: null },
    });
    const other = (await rig.call('POST', '/v1/teams', { name: `team of ${id}` })).body.id;
    const changed = await rig.call('PATCH', `/v1/agents/${id}`, { teamId: other }, { 'If-Match': '"1"' });
    expect(of(changed)).toMatchObject({ teamId: other, revision: 2 });
    const listed = await rig.call('GET', `/v1/agents?teamId=${other}`);
    expect(listed.body.items.map((item) => item.id)).toEqual([id]);
    const seats = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('SELECT team_id FROM seats WHERE agent_id = $1', [id]),
    );
    expect(seats).toEqual([{ team_id: other }]);
  });

  test.each([
    ['a team that is not', { teamId: uuidv7() }, 'teamId'],
    ['a zone that is none', { zone: 'Mars/Olympus' }, 'zone'],
    ['a level beyond 10', { skills: { loans: 11 } }, 'skills.loans'],
    [
      'a shift that ends before it begins',
      { shifts: [{ days: ['mon'], from: '18:00', until: '09:00' }] },
      'shifts[0].until',
    ],
    ['an account that is none', { account: 'Anna' }, 'account'],
    ['a language that is none', { languages: ['Chinese'] }, 'languages[0]'],
  ])('with %s are refused, naming the field', async (_, change, field) => {
    const answer = await rig.call('POST', '/v1/agents', { name: 'Anna', teamId, zone: 'UTC', ...change });
    expect([answer.status, fields(answer)]).toEqual([400, [field]]);
  });

  test('that name no team are told which there are', async () => {
    const answer = await rig.call('POST', '/v1/agents', { name: 'Anna', teamId: uuidv7(), zone: 'UTC' });
    expect(answer.body.faults[0]!.expected).toContain('renewals');
  });

  test('share no account', async () => {
    await rig.call('POST', '/v1/agents', { name: 'A', account: 'user:one', teamId, zone: 'UTC' });
    const second = await rig.call('POST', '/v1/agents', {
      name: 'B',
      account: 'user:one',
      teamId,
      zone: 'UTC',
    });
    expect(second.status).toBe(409);
  });

  test('leave no name in the change log', async () => {
    const { id } = await agent({ name: 'Zuleika Example' });
    const { items } = (await rig.call('GET', `/v1/changes?resource=agent&resourceId=${id}`)).body;
    expect(items).toMatchObject([{ action: 'createAgent' }]);
    expect(JSON.stringify(items)).not.toContain('Zuleika');
  });
});

describe('a seat', () => {
  test('is taken by its own agent: ready, on a break for a reason, away', async () => {
    const { as } = await agent();
    expect(of(await as('POST', '/v1/agents/me/state', { state: 'ready' }))).toMatchObject({ state: 'ready' });
    const bare = await as('POST', '/v1/agents/me/state', { state: 'break' });
    expect([bare.status, fields(bare)]).toEqual([400, ['reason']]);
    expect(of(await as('POST', '/v1/agents/me/state', { state: 'break', reason: 'lunch' }))).toMatchObject({
      state: 'break',
      reason: 'lunch',
    });
    expect(of(await as('POST', '/v1/agents/me/state', { state: 'offline' }))).toMatchObject({
      state: 'offline',
    });
    expect((await as('POST', '/v1/agents/me/state', { state: 'in_call' })).status).toBe(400);
  });

  test('of nobody is not found by an account without an agent', async () => {
    const answer = await rig.callAs('agent', 'GET', '/v1/agents/me');
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
  });

  test('is not ready outside of every shift, and the answer says when the next one begins', async () => {
    const { as } = await agent({ shifts: [{ days: ['mon'], from: '09:00', until: '12:00' }] });
    expect((await as('POST', '/v1/agents/me/state', { state: 'ready' })).status).toBe(200);
    rig.clock.set(Date.parse('2026-03-02T12:00:00+08:00'));
    await as('POST', '/v1/agents/me/state', { state: 'offline' });
    const late = await as('POST', '/v1/agents/me/state', { state: 'ready' });
    expect([late.status, late.body.code, fields(late)]).toEqual([422, 'refused', ['state']]);
    expect(late.body.faults[0]!.expected).toContain('2026-03-09T01:00:00.000Z');
  });

  test('is not ready while a call of theirs is not written down, and the answer says which', async () => {
    const { as, id } = await agent();
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `INSERT INTO agent_calls (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, agent_id)
         VALUES ($1, 'c/1', $2, $2, $2, 'progressive', 'wrap_up', $3)`,
        [rig.tenantId, uuidv7(), id],
      ),
    );
    const answer = await as('POST', '/v1/agents/me/state', { state: 'ready' });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain('c/1');
  });

  test('that holds a contact goes where its agent asked to once that is over, and never before', async () => {
    const { as, id } = await agent();
    await as('POST', '/v1/agents/me/state', { state: 'ready' });
    await engage(id, 'in_call');
    const answer = await as('POST', '/v1/agents/me/state', { state: 'break', reason: 'lunch' });
    expect(of(answer)).toMatchObject({ state: 'in_call', next: { state: 'break', reason: 'lunch' } });
    expect(of(await as('POST', '/v1/agents/me/state', { state: 'ready' }))).toMatchObject({ next: null });
  });

  test('is spoken for by the session that signed in last', async () => {
    const { as } = await agent();
    const [one, two] = [uuidv7(), uuidv7()];
    await as('POST', '/v1/agents/me/state', { state: 'ready', session: one });
    expect((await as('POST', '/v1/agents/me/beat', { session: one })).status).toBe(200);
    await as('POST', '/v1/agents/me/state', { state: 'ready', session: two });
    const old = await as('POST', '/v1/agents/me/beat', { session: one });
    expect([old.status, old.body.code]).toEqual([409, 'conflict']);
    expect(of(await as('POST', '/v1/agents/me/beat', { session: two }))).toMatchObject({
      seat: { state: 'ready' },
      lostAfterMs: 30_000,
    });
  });

  test('a beat signs nobody in', async () => {
    const { as } = await agent();
    expect(of(await as('POST', '/v1/agents/me/beat', {}))).toMatchObject({ seat: { state: 'offline' } });
  });

  test('of one who is disabled is empty at once, and cannot be taken', async () => {
    const { as, id } = await agent();
    await as('POST', '/v1/agents/me/state', { state: 'ready' });
    await rig.call('PATCH', `/v1/agents/${id}`, { enabled: false }, { 'If-Match': '"1"' });
    expect(of(await rig.call('GET', `/v1/agents/${id}`))).toMatchObject({
      seat: { state: 'offline', reason: 'agent.disabled' },
    });
    expect((await as('POST', '/v1/agents/me/state', { state: 'ready' })).status).toBe(422);
    expect((await rig.call('POST', `/v1/agents/${id}/state`, { state: 'ready' })).status).toBe(422);
  });
});

describe('a supervisor', () => {
  test('sets the state of an agent, which is on record, and an agent of another not at all', async () => {
    const { as, id } = await agent();
    const path = `/v1/agents/${id}/state`;
    const set = await rig.callAs('operator', 'POST', path, { state: 'break', reason: 'coaching' });
    expect(of(set)).toMatchObject({ state: 'break', reason: 'coaching' });
    const { items } = (await rig.call('GET', `/v1/changes?action=setAgentState&resourceId=${id}`)).body;
    expect(items).toMatchObject([{ before: { state: 'offline' }, after: { state: 'break', force: false } }]);
    expect((await as('POST', path, { state: 'ready' })).status).toBe(403);
  });

  test('with force frees who is reserved, and the call waits for another; one in a call is left in it', async () => {
    const { id } = await agent();
    const attemptId = await engage(id, 'reserved');
    const path = `/v1/agents/${id}/state`;
    const wait = await rig.call('POST', path, { state: 'offline' });
    expect(of(wait)).toMatchObject({ state: 'reserved', next: { state: 'offline' } });
    const forced = await rig.call('POST', path, { state: 'offline', force: true });
    expect(of(forced)).toMatchObject({ state: 'offline', next: null });
    const calls = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('SELECT state, agent_id FROM agent_calls WHERE attempt_id = $1', [attemptId]),
    );
    expect(calls).toEqual([{ state: 'waiting', agent_id: null }]);
    await engage(id, 'in_call');
    const inCall = await rig.call('POST', path, { state: 'offline', force: true });
    expect(of(inCall)).toMatchObject({ state: 'in_call', next: { state: 'offline' } });
  });
});

/** A call of the agent's, in this state of their seat. @returns its attempt */
async function engage(agentId: string, state: 'reserved' | 'in_call'): Promise<string> {
  const contactId = uuidv7();
  const attemptId = `${contactId}/1`;
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query(
      `UPDATE seats SET state = $3, campaign_id = $4, contact_id = $4, attempt_id = $5, next_state = NULL,
              lease_until_real = CASE WHEN $3 = 'reserved' THEN now() + interval '1 minute' END
       WHERE tenant_id = $1 AND agent_id = $2`,
      [tx.tenantId, agentId, state, contactId, attemptId],
    );
    await tx.query(
      `INSERT INTO agent_calls (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, agent_id)
       VALUES ($1, $2, $3, $3, $3, 'progressive', $4, $5)`,
      [tx.tenantId, attemptId, contactId, state === 'reserved' ? 'connecting' : 'connected', agentId],
    );
  });
  return attemptId;
}
