import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GUAM, makeCallable, NEW_YORK, place } from './callable.ts';
import { NOW, addCarrier, createRig, type Answer, type Rig } from './rig.ts';
import { addAgent, addAgentCampaign, addCall, addTeam, addWaitingCall, type Seated } from './seated.ts';

let rig: Rig;
let teamId: string;
let campaignId: string;
let anna: Seated;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  teamId = await addTeam(rig, 'renewals');
  campaignId = await addAgentCampaign(rig, 'renewals');
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
});
afterAll(() => rig.close());
beforeEach(async () => {
  rig.clock.set(NOW);
  anna = await addAgent(rig, teamId);
});

const of = (answer: Answer) => answer.body as unknown as Record<string, Record<string, unknown>>;
const fields = (answer: Answer) => answer.body.faults.map((fault) => fault.field);
const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<T>(sql, [rig.tenantId, ...values]));
const seat = async (agentId: string) =>
  (await rows<{ state: string }>('SELECT * FROM seats WHERE tenant_id = $1 AND agent_id = $2', agentId))[0]!;
const window = { from: '2026-03-02T15:00:00+08:00', until: '2026-03-02T16:00:00+08:00' };

describe('a call that is over', () => {
  test('is written down: disposition, notes, form; and the agent is free in the same transaction', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    const answer = await anna.as('PUT', `${call.path}/wrap-up`, {
      disposition: 'sold',
      notes: 'wants it in May',
      form: { amount: 200, channel: 'post' },
    });
    expect([answer.status, answer.body]).toMatchObject([
      200,
      { final: true, call: { state: 'over', disposition: 'sold', disposedBy: anna.account } },
    ]);
    expect((await seat(anna.id)).state).toBe('ready');
    const attempts = await rows(
      'SELECT disposition FROM attempts WHERE tenant_id = $1 AND id = $2',
      call.attemptId,
    );
    expect(attempts).toEqual([{ disposition: 'converted' }]);
    const said = await rows(
      'SELECT code, source FROM dispositions WHERE tenant_id = $1 AND attempt_id = $2',
      call.attemptId,
    );
    expect(said).toEqual([{ code: 'converted', source: 'agent' }]);
    const read = await anna.as('GET', call.path);
    expect(of(read)['written']).toEqual({
      disposition: 'sold',
      notes: 'wants it in May',
      form: { amount: 200, channel: 'post' },
    });
  });

  test('leaves what was written sealed, and neither notes nor form in the change log', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    await anna.as('PUT', `${call.path}/wrap-up`, {
      disposition: 'no',
      notes: 'zebra crossing',
      form: { amount: 777 },
    });
    const all = await rows<{ text: string }>(
      `SELECT (SELECT string_agg(c::text, ' ') FROM changes c WHERE tenant_id = $1) || ' ' ||
              (SELECT string_agg(g::text, ' ') FROM agent_calls g WHERE tenant_id = $1) AS text`,
    );
    expect(all[0]!.text).not.toMatch(/zebra|amount\W+777/);
    const { items } = (await rig.call('GET', '/v1/changes?action=writeCallDown')).body;
    expect(items[0]).toMatchObject({
      after: { disposition: 'no', means: 'not_interested', notes: true, form: ['amount'] },
    });
  });

  test.each([
    ['a disposition that is not in the set', { disposition: 'maybe' }, ['disposition']],
    ['no disposition', { notes: 'x' }, ['disposition']],
    ['a field that the disposition asks for left out', { disposition: 'sold' }, ['form.amount']],
    ['a field of the wrong kind', { disposition: 'sold', form: { amount: 'many' } }, ['form.amount']],
    ['a field beyond its bounds', { disposition: 'sold', form: { amount: 1_001 } }, ['form.amount']],
    ['a field there is not', { disposition: 'no', form: { colour: 'red' } }, ['form.colour']],
    ['a choice there is not', { disposition: 'no', form: { channel: 'pigeon' } }, ['form.channel']],
    ['a callback without a window', { disposition: 'later' }, ['callback']],
    ['a window without a callback', { disposition: 'no', callback: window }, ['callback']],
    [
      'a window in the past',
      {
        disposition: 'later',
        callback: { from: '2026-03-02T08:00:00+08:00', until: '2026-03-02T09:00:00+08:00' },
      },
      ['callback.from'],
    ],
    [
      'an exact time in the past',
      { disposition: 'later', callback: { at: '2026-03-02T08:00:00+08:00' } },
      ['callback.at'],
    ],
  ])('with %s is refused, naming the field, and stays to be written down', async (_, body, faulty) => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    const answer = await anna.as('PUT', `${call.path}/wrap-up`, body);
    expect([answer.status, fields(answer)]).toEqual([400, faulty]);
    expect((await seat(anna.id)).state).toBe('wrap_up');
  });

  test('with a callback at night is refused with the next window that a call is allowed in, which is taken', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    await makeCallable(rig, call.personId, NEW_YORK); // 21:00 there.
    const write = (callback: object) =>
      anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'later', callback });
    const answer = await write({ from: '2026-03-02T11:00:00+08:00', until: '2026-03-02T12:00:00+08:00' });
    const offered = { from: '2026-03-02T13:00:00.000Z', until: '2026-03-02T14:00:00.000Z' };
    expect([answer.status, answer.body.faults]).toMatchObject([422, [{ field: 'callback.from', offered }]]);
    expect((await seat(anna.id)).state).toBe('wrap_up');
    expect((await write(offered)).status).toBe(200);
  });

  test('with a callback to somebody whom facts forbid to be called is refused, naming rule and remedy', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    await place(rig, call.personId, GUAM);
    const answer = await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'later', callback: window });
    expect([answer.status, answer.body.faults]).toEqual([
      422,
      [
        {
          field: 'callback',
          fault: 'may not be called by house.marketing.consent (consent.missing)',
          expected:
            'express consent for marketing by voice, given by the person and recorded before the call',
        },
      ],
    ]);
    expect((await seat(anna.id)).state).toBe('wrap_up');
    expect((await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'no' })).status).toBe(200);
  });

  test('is told which dispositions there are', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    const answer = await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'maybe' });
    expect(answer.body.faults[0]!.expected).toBe('one of sold, no, later, never, wrong');
  });

  test('is another agent’s as little as one that is not', async () => {
    const other = await addAgent(rig, teamId);
    const call = await addCall(rig, other.id, 'wrap_up', { campaignId });
    const answer = await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'no' });
    expect([answer.status, answer.body.detail]).toEqual([404, 'the call was not found']);
    expect((await anna.as('GET', call.path)).status).toBe(404);
  });

  test('written down again in the same words changes nothing, also after the limit', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    const body = { disposition: 'no', notes: 'again', form: { channel: 'mail', amount: 3 } };
    await anna.as('PUT', `${call.path}/wrap-up`, body);
    rig.clock.advance(120_000);
    const again = await anna.as('PUT', `${call.path}/wrap-up`, {
      ...body,
      form: { amount: 3, channel: 'mail' },
    });
    expect([again.status, of(again)['final']]).toEqual([200, true]);
    const { items } = (
      await rig.call('GET', `/v1/changes?resource=call&resourceId=${encodeURIComponent(call.attemptId)}`)
    ).body;
    expect(items).toHaveLength(1);
  });

  test('may be changed within the limit, and not after it', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    const path = `${call.path}/wrap-up`;
    await anna.as('PUT', path, { disposition: 'no' });
    expect((await anna.as('PUT', path, { disposition: 'no', notes: 'more' })).status).toBe(200);
    expect(of(await anna.as('GET', call.path))['written']).toMatchObject({ notes: 'more' });
    rig.clock.advance(60_000);
    const late = await anna.as('PUT', path, { disposition: 'no', notes: 'too late' });
    expect([late.status, late.body.code]).toEqual([409, 'conflict']);
  });

  test('keeps its disposition, from which something follows, but for a no, which can always be put down', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    const path = `${call.path}/wrap-up`;
    await anna.as('PUT', path, { disposition: 'no' });
    expect((await anna.as('PUT', path, { disposition: 'wrong' })).status).toBe(409);
    expect((await anna.as('PUT', path, { disposition: 'never' })).status).toBe(200);
    const withdrawn = await rows(
      `SELECT basis FROM consent_events WHERE tenant_id = $1 AND person_id = $2 AND kind = 'withdrawal'`,
      call.personId,
    );
    expect(withdrawn).toEqual([{ basis: 'opt_out_in_call' }]);
  });

  test('that was itself a callback keeps that promise, and the one made in it is another', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    await makeCallable(rig, call.personId);
    const path = `${call.path}/wrap-up`;
    const from = new Date(NOW - 60_000).toISOString();
    const until = new Date(NOW + 60_000).toISOString();
    await rows(
      `INSERT INTO callbacks (tenant_id, id, contact_id, campaign_id, person_id, from_at, until_at, status, owner,
                              contact_before, revision, created_by, created_at, updated_at)
       SELECT $1, gen_random_uuid(), contact_id, campaign_id, person_id, $3, $4, 'promised', 'key:ann',
              '{"state":"waiting","reason":null,"readyAt":null}', 1, 'key:ann', $3, $3
       FROM attempts WHERE tenant_id = $1 AND id = $2`,
      call.attemptId,
      from,
      until,
    );
    await rows(
      `UPDATE attempts SET sending_at = $3 WHERE tenant_id = $1 AND id = $2`,
      call.attemptId,
      new Date(NOW).toISOString(),
    );
    const written = await anna.as('PUT', path, { disposition: 'later', callback: window });
    expect(written.status, JSON.stringify(written.body)).toBe(200);
    const listed = await rig.call('GET', `/v1/callbacks?contactId=${call.contactId}`);
    expect(listed.body.items).toMatchObject([
      { status: 'kept', attemptId: call.attemptId },
      { status: 'promised', askedBy: 'agent', owner: `agent:${anna.id}` },
    ]);
  });

  test('that promises a callback leaves it on record, owned by the agent; changed, it is moved', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    await makeCallable(rig, call.personId);
    const path = `${call.path}/wrap-up`;
    expect((await anna.as('PUT', path, { disposition: 'later', callback: window })).status).toBe(200);
    const promised = () => rig.call('GET', `/v1/callbacks?contactId=${call.contactId}`);
    expect((await promised()).body.items).toMatchObject([{ status: 'promised', owner: `agent:${anna.id}` }]);
    const later = { from: '2026-03-02T17:00:00+08:00', until: '2026-03-02T18:00:00+08:00' };
    await anna.as('PUT', path, { disposition: 'later', notes: 'five', callback: later });
    expect((await promised()).body.items).toMatchObject([{ from: '2026-03-02T09:00:00.000Z' }]);
  });

  test('puts the contact into the campaign that the disposition names, once, and says where it could not', async () => {
    const visits = await addAgentCampaign(rig, 'renewals');
    const { name } = of(await rig.call('GET', `/v1/campaigns/${visits}`))['definition'] as { name: string };
    const entry = (campaign: string) => ({
      code: 'visit',
      label: 'Visit',
      disposition: 'interested',
      followUp: { campaign, afterMinutes: 60 },
    });
    const rest = [
      { code: 'never', label: 'Never', disposition: 'opted_out' },
      { code: 'wrong', label: 'Wrong', disposition: 'wrong_number' },
    ];
    const first = await addAgentCampaign(rig, 'renewals', { dispositions: [entry(name), ...rest] });
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId: first });
    const done = of(await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'visit' }))['followUp'] as {
      contactId: string;
    };
    expect(done).toMatchObject({ campaign: name, reason: null });
    const made = await rows(
      'SELECT campaign_id, person_id, state, ready_at FROM contacts WHERE tenant_id = $1 AND id = $2',
      done.contactId,
    );
    expect(made).toEqual([
      { campaign_id: visits, person_id: call.personId, state: 'waiting', ready_at: NOW + 3_600_000 },
    ]);
    await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'visit', notes: 'more' });
    expect(
      await rows('SELECT 1 AS one FROM contacts WHERE tenant_id = $1 AND campaign_id = $2', visits),
    ).toHaveLength(1);
    const nowhere = await addAgentCampaign(rig, 'renewals', {
      dispositions: [entry('no such campaign'), ...rest],
    });
    const other = await addCall(rig, anna.id, 'wrap_up', { campaignId: nowhere });
    expect(of(await anna.as('PUT', `${other.path}/wrap-up`, { disposition: 'visit' }))).toMatchObject({
      final: true,
      followUp: { contactId: null, reason: 'campaign.missing' },
    });
  });

  test('and has an agent who asked for a break sends them there, and not to the next call', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    await anna.as('POST', '/v1/agents/me/state', { state: 'break', reason: 'lunch' });
    await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'no' });
    expect(await seat(anna.id)).toMatchObject({ state: 'break', reason: 'lunch' });
  });

  test('frees an agent who takes the oldest waiting call that fits, at once', async () => {
    const call = await addCall(rig, anna.id, 'wrap_up', { campaignId });
    const asked = await addAgentCampaign(rig, 'renewals', { skills: { loans: 3 } });
    const unfit = await addWaitingCall(rig, { campaignId: asked });
    rig.clock.advance(1_000);
    const waiting = await addWaitingCall(rig, { campaignId });
    await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'no' });
    expect(await seat(anna.id)).toMatchObject({ state: 'reserved', attempt_id: waiting.attemptId });
    const calls = await rows<{ attempt_id: string }>(
      `SELECT attempt_id, state, agent_id FROM agent_calls WHERE tenant_id = $1 AND attempt_id = ANY ($2) ORDER BY state`,
      [waiting.attemptId, unfit.attemptId],
    );
    expect(calls).toMatchObject([
      { attempt_id: waiting.attemptId, state: 'connecting', agent_id: anna.id },
      { attempt_id: unfit.attemptId, state: 'waiting', agent_id: null },
    ]);
  });
});

describe('a call that goes on', () => {
  test('is saved as far as it is written, and is not final', async () => {
    const call = await addCall(rig, anna.id, 'connected', { campaignId });
    const answer = await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'sold', notes: 'so far' });
    expect([answer.status, of(answer)['final']]).toEqual([200, false]);
    expect(of(await anna.as('GET', call.path))['written']).toMatchObject({ notes: 'so far' });
    expect((await seat(anna.id)).state).toBe('in_call');
    const wrong = await anna.as('PUT', `${call.path}/wrap-up`, { form: { amount: 'x' } });
    expect(fields(wrong)).toEqual(['form.amount']);
  });

  test('in which the person says "do not call me again" binds at once, and goes on', async () => {
    const call = await addCall(rig, anna.id, 'connected', { campaignId });
    await anna.as('PUT', `${call.path}/wrap-up`, { disposition: 'never' });
    const withdrawn = await rows(
      `SELECT basis, source FROM consent_events WHERE tenant_id = $1 AND person_id = $2 AND kind = 'withdrawal'`,
      call.personId,
    );
    expect(withdrawn).toEqual([{ basis: 'opt_out_in_call', source: `attempt ${call.attemptId}` }]);
    expect(
      await rows(
        'SELECT hangup_requested_real FROM attempts WHERE tenant_id = $1 AND id = $2',
        call.attemptId,
      ),
    ).toEqual([{ hangup_requested_real: null }]);
  });

  test('with nobody on it yet cannot be written down', async () => {
    const call = await addCall(rig, anna.id, 'reserved', { campaignId });
    expect((await anna.as('PUT', `${call.path}/wrap-up`, { notes: 'x' })).status).toBe(409);
  });
});

test('an agent sees their own calls, last first, and which are still to be written down', async () => {
  const first = await addCall(rig, anna.id, 'wrap_up', { campaignId });
  await anna.as('PUT', `${first.path}/wrap-up`, { disposition: 'no' });
  rig.clock.advance(1_000);
  const second = await addCall(rig, anna.id, 'wrap_up', { campaignId });
  const other = await addAgent(rig, teamId);
  await addCall(rig, other.id, 'wrap_up', { campaignId });
  const ids = async (query: string) =>
    (await anna.as('GET', `/v1/agents/me/calls${query}`)).body.items.map(
      (item) => (item as unknown as { attemptId: string }).attemptId,
    );
  expect(await ids('')).toEqual([second.attemptId, first.attemptId]);
  expect(await ids('?state=wrap_up')).toEqual([second.attemptId]);
});
