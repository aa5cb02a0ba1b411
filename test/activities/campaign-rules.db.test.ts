import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { goalReached, newGoalMemory } from '../../activities/pace/goals.ts';
import { paceCampaign } from '../../activities/pace/pacer.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { fixedClock } from '../../domain/clock.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { ruledBy, type Rules } from './ruled.ts';

const clock = fixedClock(WORKDAY_MORNING_CN);
let engine: TestEngine;
let ruled: ReturnType<typeof ruledBy>;

beforeAll(async () => {
  engine = await createTestEngine({ clock });
  ruled = ruledBy(engine);
});
beforeEach(() => clock.set(WORKDAY_MORNING_CN));
afterAll(() => engine.close());

const campaign = (rules: Rules) => engine.addCampaign({ rules });
const query: (typeof ruled)['query'] = (sql, ...values) => ruled.query(sql, ...values);
const contact: (typeof ruled)['contact'] = (...of) => ruled.contact(...of);
const judge = () => ruled.judge();
const stateOf = (contactId: string) => ruled.stateOf(contactId);
const revise = (campaignId: string, rules: Rules) => ruled.revise(campaignId, rules);
const claimBatch: (typeof ruled)['claimBatch'] = (...of) => ruled.claimBatch(...of);
const gate = (campaignId: string, contactId: string) => ruled.gate(campaignId, contactId);
const end: (typeof ruled)['end'] = (...of) => ruled.end(...of);

const BALANCE: Rules = { attributes: { balance: 'number', city: 'text' }, filter: 'contact.balance > 100' };

describe('filters', () => {
  it('leave contacts out with the reason, also those they cannot be asked about', async () => {
    const id = await campaign(BALANCE);
    const rich = await contact(id, { balance: '250' });
    const poor = await contact(id, { balance: '50' });
    const unknown = await contact(id, { city: 'Bern' });
    await judge();
    expect(await stateOf(rich)).toMatchObject({ state: 'waiting', reason: null });
    expect(await stateOf(poor)).toMatchObject({ state: 'denied', reason: 'campaign.filter' });
    expect(await stateOf(unknown)).toMatchObject({ state: 'denied', reason: 'campaign.filter_fault' });
    const { admitted } = await claimBatch(id);
    expect(admitted.map(({ contactId }) => contactId)).toEqual([rich]);
  });

  it('call nobody before they were asked, at admission or at the gate', async () => {
    const id = await campaign(BALANCE);
    const early = await contact(id, { balance: '50' });
    expect((await claimBatch(id)).admitted).toEqual([]);
    expect(await stateOf(early)).toMatchObject({ state: 'waiting', reason: 'campaign.rules_pending' });
    expect(await gate(id, early)).toMatchObject({
      kind: 'closed',
      result: { kind: 'waiting', reason: 'campaign.rules_pending' },
    });
    await judge();
    expect(await stateOf(early)).toMatchObject({ state: 'denied', reason: 'campaign.filter' });
  });

  it('bring back whom they left out when they change, and leave out whom they let pass', async () => {
    const id = await campaign(BALANCE);
    const rich = await contact(id, { balance: '250' });
    const poor = await contact(id, { balance: '50' });
    await judge();
    await revise(id, { ...BALANCE, filter: 'contact.balance < 100' });
    expect(await gate(id, rich)).toMatchObject({ kind: 'closed' });
    await judge();
    expect(await stateOf(rich)).toMatchObject({ state: 'denied', reason: 'campaign.filter' });
    expect(await stateOf(poor)).toMatchObject({ state: 'waiting', reason: null, rank: 24 });
    await revise(id, {});
    await judge();
    expect(await stateOf(rich)).toMatchObject({ state: 'waiting' });
  });

  it('never bring back whom somebody stopped for good', async () => {
    const id = await campaign(BALANCE);
    const poor = await contact(id, { balance: '50' });
    await judge();
    await query(
      `INSERT INTO stop_requests (tenant_id, id, kind, scope, target_id, at, requested_real, committed_real, revoked,
                                  in_flight, requested_by, detail)
       VALUES ($1, gen_random_uuid(), 'stop', 'contact', $2, now(), now(), now(), 0, 0, 'test', '{}')`,
      poor,
    );
    await revise(id, {});
    await judge();
    expect(await stateOf(poor)).toMatchObject({ state: 'denied' });
  });

  it('judge those who come later as well', async () => {
    const id = await campaign({ ...BALANCE, filter: 'has(contact.balance)' });
    for (let i = 0; i < 3; i += 1) await contact(id, i === 1 ? {} : { balance: '1' });
    await judge();
    const later = await contact(id, {});
    await judge();
    expect(await stateOf(later)).toMatchObject({ state: 'denied', reason: 'campaign.filter' });
  });
});

describe('priorities', () => {
  it('go before the list’s own, and give it back when they are gone', async () => {
    const rules: Rules = {
      ...BALANCE,
      filter: null,
      priorities: [{ when: 'contact.balance > 100', priority: 9 }],
    };
    const id = await campaign(rules);
    const poor = await contact(id, { balance: '50' });
    const rich = await contact(id, { balance: '250' });
    await judge();
    expect(await stateOf(rich)).toMatchObject({ priority: 9, rank: 20 });
    expect(await stateOf(poor)).toMatchObject({ priority: 5, rank: 24 });
    expect((await claimBatch(id)).admitted.map(({ contactId }) => contactId)).toEqual([rich, poor]);
    const other = await contact(id, { balance: '250' });
    await judge();
    await revise(id, {});
    await judge();
    expect(await stateOf(other)).toMatchObject({ priority: 5, rank: 24 });
  });
});

describe('quotas', () => {
  const bern = (quota: Partial<NonNullable<Rules['quotas']>[number]>): Rules => ({
    attributes: { city: 'text' },
    quotas: [{ name: 'Bern', when: 'contact.city == "Bern"', counts: 'conversions', max: 2, ...quota }],
  });

  it('are never exceeded, however many pass the gate at once', async () => {
    const id = await campaign(bern({ max: 3 }));
    const contacts = [];
    for (let i = 0; i < 8; i += 1) contacts.push(await contact(id, { city: 'Bern' }));
    const elsewhere = await contact(id, { city: 'Basel' });
    await judge();
    const results = await Promise.all(contacts.map((one) => gate(id, one)));
    expect(results.filter(({ kind }) => kind === 'permit')).toHaveLength(3);
    expect(await gate(id, elsewhere)).toMatchObject({ kind: 'permit' });
    // Of three that may convert, one does: two places are free again, and no more.
    const called = contacts.filter((_, i) => results[i]!.kind === 'permit');
    await end(called[0]!, 'answered', 'converted');
    await end(called[1]!, 'no_answer');
    await query(`UPDATE attempts SET state = 'revoked' WHERE tenant_id = $1 AND contact_id = $2`, called[2]!);
    expect(
      await query('SELECT counted, open FROM quota_counts WHERE tenant_id = $1 AND campaign_id = $2', id),
    ).toEqual([{ counted: 1, open: 0 }]);
    const rest = contacts.filter((_, i) => results[i]!.kind !== 'permit');
    const again = await Promise.all(rest.map((one) => gate(id, one)));
    expect(again.filter(({ kind }) => kind === 'permit')).toHaveLength(2);
  });

  it('that are full for good leave the segment out, and bring it back when they are raised', async () => {
    const id = await campaign(bern({ max: 1 }));
    const [first, second, third] = [
      await contact(id, { city: 'Bern' }),
      await contact(id, { city: 'Bern' }),
      await contact(id, { city: 'Bern' }),
    ] as const;
    await judge();
    expect(await gate(id, first)).toMatchObject({ kind: 'permit' });
    expect(await gate(id, second)).toMatchObject({
      result: { kind: 'waiting', reason: 'campaign.quota_busy' },
    });
    await end(first, 'answered', 'converted');
    clock.set(WORKDAY_MORNING_CN + 120_000);
    expect((await claimBatch(id)).admitted).toEqual([]);
    expect(await stateOf(second)).toMatchObject({ state: 'denied', reason: 'campaign.quota' });
    expect(await stateOf(third)).toMatchObject({ state: 'denied', reason: 'campaign.quota' });
    await revise(id, bern({ max: 2 }));
    await judge();
    expect(await stateOf(third)).toMatchObject({ state: 'waiting' });
    expect((await claimBatch(id)).admitted).toHaveLength(2);
  });

  it('of a day begin anew with the next, on the campaign’s clock', async () => {
    const id = await campaign({ ...bern({ max: 1, counts: 'calls', per: 'day' }), zone: 'Asia/Shanghai' });
    const first = await contact(id, { city: 'Bern' });
    const second = await contact(id, { city: 'Bern' });
    await judge();
    await gate(id, first);
    await end(first, 'no_answer');
    const readyAt = Date.parse('2026-11-21T00:00:00+08:00');
    expect(await gate(id, second)).toMatchObject({
      result: { kind: 'waiting', reason: 'campaign.quota_day', readyAt },
    });
    clock.set(Date.parse('2026-11-21T10:00:00+08:00'));
    expect(await gate(id, second)).toMatchObject({ kind: 'permit' });
  });

  it('hold whoever cannot be told to be outside of the segment', async () => {
    const id = await campaign(bern({ max: 0 }));
    const unknown = await contact(id, {});
    await judge();
    expect(await stateOf(unknown)).toMatchObject({ quotas: ['Bern'] });
    expect(await gate(id, unknown)).toMatchObject({ result: { kind: 'final', state: 'denied' } });
  });
});

describe('lists mixed by weights', () => {
  it('are admitted in their shares, batch after batch', async () => {
    const id = await campaign({
      mixing: {
        lists: [
          { list: 'north.csv', weight: 3 },
          { list: 'south.csv', weight: 1 },
        ],
        othersWeight: 1,
      },
    });
    const of = new Map<string, string>();
    for (let i = 0; i < 12; i += 1) {
      of.set(await contact(id, {}, 'north.csv'), 'north');
      of.set(await contact(id, {}, 'south.csv'), 'south');
    }
    await judge();
    const admitted = [
      ...(await claimBatch(id, 3)).admitted,
      ...(await claimBatch(id, 3)).admitted,
      ...(await claimBatch(id, 2)).admitted,
    ].map(({ contactId }) => of.get(contactId));
    expect(admitted.filter((list) => list === 'north')).toHaveLength(6);
    expect(admitted.filter((list) => list === 'south')).toHaveLength(2);
  });
});

describe('experiments', () => {
  it('keep a contact in its arm, with what holds in it, and tell the attempt', async () => {
    const script = (version: number) => ({ id: '0198c0de-0000-7000-8000-000000000001', version });
    const arms = (weight: number): Rules => ({
      experiments: {
        script: [
          { name: 'A', weight, script: script(1) },
          { name: 'B', weight: 1, script: script(2) },
        ],
      },
    });
    const id = await campaign(arms(1));
    const one = await contact(id);
    const first = await gate(id, one);
    if (first.kind !== 'permit') throw new Error(first.kind);
    const [attempt] = await query<{ arms: { script: string }; script: { version: number } }>(
      'SELECT arms, script FROM attempts WHERE tenant_id = $1 AND contact_id = $2',
      one,
    );
    const version = { A: 1, B: 2 }[attempt!.arms.script];
    expect(attempt!.script.version).toBe(version);
    expect(first.permit.definition.script).toEqual(script(version!));
    await end(one, 'no_answer');
    // Whatever the weights are by then.
    await revise(id, arms(attempt!.arms.script === 'A' ? 0.001 : 1_000));
    clock.set(WORKDAY_MORNING_CN + 11 * 24 * 3_600_000);
    const again = await gate(id, one);
    if (again.kind !== 'permit') throw new Error(JSON.stringify(again));
    expect(again.permit.definition.script).toEqual(script(version!));
  });
});

describe('active hours', () => {
  it('hold contacts back at the gate, until they begin', async () => {
    const id = await campaign({
      zone: 'Asia/Shanghai',
      activeHours: { windows: [{ days: ['fri'], from: '14:00', until: '15:00' }] },
    });
    const one = await contact(id);
    expect(await gate(id, one)).toMatchObject({
      result: { reason: 'campaign.hours', readyAt: Date.parse('2026-11-20T14:00:00+08:00') },
    });
    clock.set(Date.parse('2026-11-20T14:30:00+08:00'));
    expect(await gate(id, one)).toMatchObject({ kind: 'permit' });
  });
});

describe('goals', () => {
  const pace = (campaignId: string) =>
    paceCampaign(
      { ...engine, workflows: { admit: () => Promise.resolve() } as never },
      { tenantId: engine.tenantId, campaignId },
      {
        beat: () => undefined,
        cancelled: new AbortController().signal,
        waitForWork: () => Promise.resolve(),
      },
    );

  it('complete the campaign once, whoever paces it, and say which', async () => {
    const id = await campaign({ goals: [{ counts: 'conversions', reach: 1 }] });
    const one = await contact(id);
    await contact(id);
    await gate(id, one);
    await end(one, 'answered', 'converted');
    const results = await Promise.all([pace(id), pace(id), pace(id)]);
    expect(results.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(
      await query(
        'SELECT status, status_reason AS reason FROM campaigns WHERE tenant_id = $1 AND id = $2',
        id,
      ),
    ).toEqual([{ status: 'completed', reason: 'its goal is reached: 1 conversions' }]);
    expect(
      await query(`SELECT count(*)::int AS n FROM attempts WHERE tenant_id = $1 AND campaign_id = $2`, id),
    ).toEqual([{ n: 1 }]);
  });

  it('count each call once, whenever it ends, however often they are looked at', async () => {
    const id = await campaign({ goals: [{ counts: 'conversions', reach: 3 }] });
    const memory = newGoalMemory();
    const look = () =>
      engine.db.inTenant(engine.tenantId, async (tx) => {
        // Not so soon again, else.
        memory.checkedReal = -Infinity;
        const campaign_ = (await campaignById(tx, id))!;
        return goalReached(tx, clock, { id, definition: campaign_.definition }, memory);
      });
    const report = () =>
      query(
        `UPDATE attempts SET reported_real = now() WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'ended'`,
        id,
      );
    const [first, second, third] = [await contact(id), await contact(id), await contact(id)] as const;
    // The second is up for long, while others come and go.
    await gate(id, second);
    await gate(id, first);
    await end(first, 'answered', 'converted');
    await report();
    expect(await look()).toBeNull();
    clock.set(WORKDAY_MORNING_CN + 60_000);
    expect(await look()).toBeNull();
    expect(memory).toMatchObject({ from: WORKDAY_MORNING_CN, counted: { conversions: 0 } });
    await end(second, 'answered', 'refused');
    await report();
    expect(await look()).toBeNull();
    expect(memory).toMatchObject({ counted: { conversions: 1, calls: 2 } });
    await gate(id, third);
    await end(third, 'answered', 'converted');
    expect(await look()).toBeNull();
    expect(await look()).toBeNull();
    // What was written down wrongly is put right: all is counted anew now and then.
    await query(
      `UPDATE attempts SET disposition = 'converted' WHERE tenant_id = $1 AND contact_id = $2`,
      second,
    );
    expect(await look()).toBeNull();
    memory.wholeReal = -Infinity;
    expect(await look()).toBe('its goal is reached: 3 conversions');
  });

  it('end it when their time is over', async () => {
    const by = '2026-11-20T09:00:00+08:00';
    const id = await campaign({ goals: [{ counts: 'interviews', reach: 5, by }] });
    await contact(id);
    expect(await pace(id)).toEqual({ status: 'completed' });
    expect(
      await query('SELECT status_reason AS reason FROM campaigns WHERE tenant_id = $1 AND id = $2', id),
    ).toEqual([{ reason: 'the time for its goal is over: 0 of 5 interviews' }]);
  });
});
