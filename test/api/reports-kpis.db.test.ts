import { parse } from 'csv-parse/sync';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MINUTE_MS, toIso } from '../../domain/time.ts';
import { addAttempt, addCampaign, addContact, API_KEY, createRig, NOW, type Rig } from './rig.ts';
import { addAgent, addTeam } from './seated.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const path = (rest: Record<string, string> = {}) =>
  `/v1/reports/kpis?${new URLSearchParams({ from: toIso(NOW - MINUTE_MS), to: toIso(NOW + 120 * MINUTE_MS), ...rest }).toString()}`;

interface Figures {
  readonly key: string | null;
  readonly counts: Record<string, number>;
  readonly kpis: Record<string, unknown> & {
    readonly abandonment: { readonly perLiveAnswer: unknown };
    readonly utilisation: number | null;
  };
  readonly differences: { readonly answerRate: unknown } | null;
}

/** The report of a period. */
async function report(rest: Record<string, string>): Promise<{ total: Figures; rows: Figures[] }> {
  const { status, body } = await rig.call('GET', path(rest));
  expect(status, JSON.stringify(body)).toBe(200);
  return body as unknown as { total: Figures; rows: Figures[] };
}

interface Kept {
  readonly attemptId: string;
  readonly contactId: string;
  readonly agentId: string | null;
  readonly teamId: string | null;
  readonly outcome: 'answered' | 'no_answer' | 'voicemail';
  readonly converted: boolean;
  readonly abandoned: boolean;
  readonly waitS: number;
  readonly talkS: number;
  readonly wrapS: number;
}

let people = 0;

/** A call as the engine leaves it, with its agent's side. */
async function addCall(campaignId: string, call: Omit<Kept, 'attemptId' | 'contactId'>): Promise<Kept> {
  const { contactId, personId } = await addContact(rig, {
    campaignId,
    number: `+12025550${100 + people++}`,
  });
  const attemptId = await addAttempt(rig, {
    contactId,
    campaignId,
    personId,
    n: 1,
    state: 'ended',
    at: NOW,
    outcome: call.outcome,
    ...(call.converted ? { disposition: 'converted' } : {}),
    talkS: call.talkS,
  });
  if (call.agentId !== null || call.abandoned) {
    const at = (s: number) => toIso(NOW + s * 1_000);
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `INSERT INTO agent_calls (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, agent_id, team_id,
                                  answered_at, connected_at, abandoned_at, ended_at, disposed_at)
         VALUES ($1, $2, $3, $4, $5, 'predictive', $6, $7, $8, $9, $10, $11, $12, $13)`,
        [
          rig.tenantId,
          attemptId,
          campaignId,
          contactId,
          personId,
          call.abandoned ? 'abandoned' : 'over',
          call.agentId,
          call.teamId,
          at(0),
          call.abandoned ? null : at(call.waitS),
          call.abandoned ? at(2) : null,
          call.abandoned ? at(2) : at(call.waitS + call.talkS),
          call.abandoned ? null : at(call.waitS + call.talkS + call.wrapS),
        ],
      ),
    );
  }
  return { ...call, attemptId, contactId };
}

describe('figures of a period', () => {
  let campaignId: string;
  let agents: { id: string; teamId: string }[];
  let calls: Kept[];

  beforeAll(async () => {
    campaignId = await addCampaign(rig);
    const teamId = await addTeam(rig, `team ${uuidv7()}`);
    agents = [];
    for (let i = 0; i < 2; i++) agents.push({ id: (await addAgent(rig, teamId)).id, teamId });
    calls = [];
    for (let i = 0; i < 20; i++) {
      const outcome = i % 5 === 4 ? 'voicemail' : i % 2 === 0 ? 'answered' : 'no_answer';
      const answered = outcome === 'answered';
      const abandoned = answered && i === 6;
      const agent = answered && !abandoned ? agents[i % 4 === 0 ? 0 : 1]! : null;
      calls.push(
        await addCall(campaignId, {
          agentId: agent?.id ?? null,
          teamId: agent?.teamId ?? null,
          outcome,
          converted: agent !== null && i % 8 === 0,
          abandoned,
          waitS: agent === null ? 0 : i / 4,
          talkS: agent === null ? 0 : 60 + i,
          wrapS: agent === null ? 0 : 10,
        }),
      );
    }
  });

  const sum = (of: readonly Kept[], value: (call: Kept) => number) =>
    of.reduce((total, call) => total + value(call), 0);

  test('are those of the raw attempts, to the last one: in all, by campaign and by agent', async () => {
    const body = await report({ groupBy: 'agent', campaignId });
    const expected = (of: readonly Kept[]) => {
      const live = of.filter(({ outcome }) => outcome === 'answered');
      const handled = live.filter(({ abandoned }) => !abandoned);
      return {
        attempts: of.length,
        ended: of.length,
        answers: of.filter(({ outcome }) => outcome !== 'no_answer').length,
        liveAnswers: live.length,
        reached: live.length,
        conversions: of.filter(({ converted }) => converted).length,
        contacts: of.length,
        abandoned: live.length - handled.length,
        offered: live.length,
        inTime: handled.filter(({ waitS }) => waitS <= 2).length,
        handled: handled.length,
        waitS: sum(handled, ({ waitS }) => waitS),
        agentTalkS: sum(handled, ({ talkS }) => talkS),
        wrapUpS: sum(handled, ({ wrapS }) => wrapS),
      };
    };
    expect(body.total.counts).toMatchObject(expected(calls));
    const byKey = new Map(body.rows.map((row) => [row.key, row]));
    expect(byKey.size).toBe(3);
    for (const key of [agents[0]!.id, agents[1]!.id, null]) {
      expect(byKey.get(key)).toMatchObject({
        counts: expected(calls.filter(({ agentId }) => agentId === key)),
      });
    }
    const live = calls.filter(({ outcome }) => outcome === 'answered').length;
    expect(body.total.kpis['answerRate']).toMatchObject({ value: live / 20, of: 20 });
    expect(body.total.kpis.abandonment.perLiveAnswer).toMatchObject({ value: 1 / live });
    const byCampaign = await report({ campaignId });
    expect(byCampaign.rows).toMatchObject([{ key: campaignId, counts: expected(calls) }]);
    // Whose ready time belongs to no campaign.
    expect(byCampaign.total.kpis.utilisation).toBeNull();
  });

  test('of agents are what their seats say, cut at the ends of the period and at the hours', async () => {
    const [agent] = agents;
    const at = (minutes: number) => toIso(NOW + minutes * MINUTE_MS);
    await rig.db.inTenant(rig.tenantId, async (tx) => {
      await tx.query('DELETE FROM seat_spans WHERE tenant_id = $1 AND agent_id = $2', [
        rig.tenantId,
        agent!.id,
      ]);
      const spans: [string, number, number | null][] = [
        ['offline', -600, -120],
        ['ready', -120, 30],
        ['in_call', 30, 80],
        ['wrap_up', 80, 90],
        ['break', 90, null],
      ];
      for (const [i, [state, from, until]] of spans.entries()) {
        await tx.query(
          `INSERT INTO seat_spans (tenant_id, agent_id, fence, team_id, state, from_at, until_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
          [
            rig.tenantId,
            agent!.id,
            100 + i,
            agent!.teamId,
            state,
            at(from),
            until === null ? null : at(until),
          ],
        );
      }
    });
    const asked = { from: at(0), to: at(85), agentId: agent!.id };
    const all = await report({ ...asked, groupBy: 'agent' });
    expect(all.total.counts).toMatchObject({ readyS: 1_800, inCallS: 3_000, inWrapUpS: 300, breakS: 0 });
    expect(all.total.kpis.utilisation).toBeCloseTo(3_300 / 5_100);
    const byHour = await report({ ...asked, groupBy: 'hour', zone: 'Asia/Shanghai' });
    const worked = byHour.rows.map((row) => [row.key, row.counts['inCallS']]);
    expect(worked).toEqual([
      ['10', 1_800],
      ['11', 1_200],
    ]);
  });

  test('are told by segment and by list: an attempt counts in each segment that its contact was in, and in all once', async () => {
    const importId = uuidv7();
    await rig.db.inTenant(rig.tenantId, async (tx) => {
      await tx.query(
        `INSERT INTO imports (tenant_id, id, kind, campaign_id, source_name, content_hash, options, status, rows_done, counts,
                              created_real)
         VALUES ($1, $2, 'contacts', $3, 'march.csv', 'test', '{}', 'completed', 0, '{}', now())`,
        [rig.tenantId, importId, campaignId],
      );
      for (const [i, { attemptId, contactId }] of calls.entries()) {
        const names = [...(i < 8 ? ['north'] : []), ...(i < 4 ? ['north', 'owes much'] : [])];
        const quotas = names.map((quota) => ({ quota, counts: 'calls', from: toIso(NOW) }));
        await tx.query('UPDATE attempts SET quotas = $3 WHERE tenant_id = $1 AND id = $2', [
          ...[rig.tenantId, attemptId],
          quotas.length === 0 ? null : JSON.stringify(quotas),
        ]);
        if (i >= 15) continue;
        await tx.query('UPDATE contacts SET import_id = $3 WHERE tenant_id = $1 AND id = $2', [
          ...[rig.tenantId, contactId, importId],
        ]);
      }
    });
    const by = async (groupBy: string) => {
      const { rows, total } = await report({ groupBy, campaignId });
      expect(total.counts['attempts']).toBe(20);
      return rows.map(({ key, counts }) => [key, counts['attempts']]);
    };
    expect(await by('segment')).toEqual([
      [null, 12],
      ['north', 8],
      ['owes much', 4],
    ]);
    expect(await by('list')).toEqual([
      [null, 5],
      ['march.csv', 15],
    ]);
  });

  test('cost what the lists say that held meanwhile, and nothing is said where there was none', async () => {
    expect((await report({ campaignId })).total.kpis['cost']).toBeNull();
    const add = (validFrom: number, perAttempt: number) =>
      rig.call('POST', '/v1/prices', { validFrom: toIso(validFrom), currency: 'CNY', perAttempt });
    expect((await add(NOW - 60 * MINUTE_MS, 1)).status).toBe(201);
    expect((await report({ campaignId })).total.kpis['cost']).toMatchObject({ total: 20 });
    // From a second before the calls on they are dearer; the list before stays what it was.
    expect((await add(NOW - 1_000, 3)).status).toBe(201);
    expect((await report({ campaignId })).total.kpis['cost']).toMatchObject({ total: 60, perContact: 3 });
    expect((await add(NOW - 1_000, 5)).status).toBe(409);
    expect(
      (await rig.call('GET', '/v1/prices')).body.items.map(
        (one) => (one as unknown as { prices: unknown }).prices,
      ),
    ).toMatchObject([{ perAttempt: 1 }, { perAttempt: 3 }]);
  });

  test('are told apart from another period, with intervals', async () => {
    const compare = { compareFrom: toIso(NOW - 600 * MINUTE_MS), compareTo: toIso(NOW - 60 * MINUTE_MS) };
    const none = await report({ campaignId, ...compare });
    expect(none.total.differences?.answerRate).toBeNull();
    const same = { compareFrom: toIso(NOW - MINUTE_MS), compareTo: toIso(NOW + MINUTE_MS) };
    const { rows } = await report({ campaignId, ...same });
    expect(rows[0]?.differences?.answerRate).toMatchObject({ value: 0, clear: false });
  });

  test('of callbacks are those of the rows, to the last one, and of breaches by their reasons', async () => {
    const [one, two] = agents;
    const until = NOW + 30 * MINUTE_MS;
    const moved = {
      kind: 'moved',
      by: 'engine',
      reason: 'window',
      at: toIso(NOW),
      from: toIso(NOW),
      until: toIso(until),
    };
    const team = (await rig.call('GET', `/v1/teams/${one!.teamId}`)).body as unknown as { name: string };
    const owners = [`agent:${one!.id}`, `agent:${two!.id}`, `team:${team.name}`, 'key:configuration'];
    const made = [
      { status: 'kept', reason: null, owner: owners[0]!, steps: [moved] },
      { status: 'breached', reason: 'no_capacity', owner: owners[0]!, steps: [] },
      { status: 'breached', reason: 'no_capacity', owner: owners[2]!, steps: [moved, moved] },
      { status: 'breached', reason: 'consent.missing', owner: owners[1]!, steps: [] },
      {
        status: 'cancelled',
        reason: 'callback.cancelled',
        owner: owners[3]!,
        steps: [{ ...moved, by: 'key:x' }],
      },
      { status: 'promised', reason: null, owner: owners[1]!, steps: [] },
    ];
    for (const [i, promise] of made.entries()) {
      const { contactId } = calls[i]!;
      await rig.db.inTenant(rig.tenantId, (tx) =>
        tx.query(
          `INSERT INTO callbacks (tenant_id, id, contact_id, campaign_id, person_id, from_at, until_at, status, reason, owner,
                                  steps, contact_before, revision, created_by, created_at, updated_at)
           SELECT $1, gen_random_uuid(), $2, c.campaign_id, c.person_id, $3, $4, $5, $6, $7, $8, '{}', 1, 'test', $3, $3
           FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2`,
          [
            rig.tenantId,
            contactId,
            toIso(NOW),
            toIso(until),
            promise.status,
            promise.reason,
            promise.owner,
            JSON.stringify(promise.steps),
          ],
        ),
      );
    }
    const expected = (of: typeof made) => {
      const count = (status: string) => of.filter((promise) => promise.status === status).length;
      return {
        callbacksKept: count('kept'),
        callbacksBreached: count('breached'),
        callbacksCancelled: count('cancelled'),
        callbacksOpen: count('promised'),
        callbacksMoved: of.filter(({ steps }) => steps.some(({ by }) => by === 'engine')).length,
      };
    };
    const byAgent = await report({ campaignId, groupBy: 'agent' });
    expect(byAgent.total.counts).toMatchObject(expected(made));
    expect(byAgent).toMatchObject({
      callbackBreaches: [
        { reason: 'no_capacity', times: 2 },
        { reason: 'consent.missing', times: 1 },
      ],
    });
    const rowOf = (rows: readonly Figures[], key: string | null) =>
      rows.find((row) => row.key === key)!.counts;
    const ownedBy = (...of: string[]) => made.filter(({ owner }) => of.includes(owner));
    expect(rowOf(byAgent.rows, one!.id)).toMatchObject(expected(ownedBy(owners[0]!)));
    expect(rowOf(byAgent.rows, null)).toMatchObject(expected(ownedBy(owners[2]!, owners[3]!)));
    // A team's are its agents' as well.
    const byTeam = await report({ campaignId, groupBy: 'team' });
    expect(rowOf(byTeam.rows, one!.teamId)).toMatchObject(expected(ownedBy(...owners.slice(0, 3))));
    const ofAgent = await report({ campaignId, agentId: two!.id });
    expect(ofAgent.total.counts).toMatchObject(expected(ownedBy(owners[1]!)));
    expect(ofAgent).toMatchObject({ callbackBreaches: [{ reason: 'consent.missing', times: 1 }] });
    // By the end of the window: before it, nothing of them is in the period.
    const before = await report({ campaignId, to: toIso(until) });
    expect(before.total.counts).toMatchObject(expected([]));
  });

  test('come as a file', async () => {
    const answer = await rig.app.request(path({ campaignId, groupBy: 'mode', format: 'csv' }), {
      headers: { Authorization: `Bearer ${API_KEY}` },
    });
    const rows = parse<Record<string, string>>(await answer.text(), { columns: true, bom: true });
    expect(rows).toMatchObject([{ key: 'agentless', attempts: '20', abandoned: '1' }]);
  });

  test('suggest what is clear in them, and nothing of a few calls', async () => {
    const tried = await addCampaign(rig);
    for (let i = 0; i < 20; i++) {
      await addCall(tried, { ...calls[1]!, outcome: 'no_answer' });
    }
    const asked = `campaignId=${campaignId}&from=${toIso(NOW - MINUTE_MS)}&to=${toIso(NOW + MINUTE_MS)}&zone=Asia/Shanghai`;
    expect((await rig.call('GET', `/v1/reports/suggestions?${asked}`)).body.items).toEqual([]);
    await rig.db.inTenant(rig.tenantId, (tx) =>
      // As if each of these calls had been the last of thirty, the first twenty of a day answered and the others not.
      tx.query(
        `INSERT INTO attempts SELECT (a).* FROM (
           SELECT jsonb_populate_record(t, jsonb_build_object('id', t.contact_id || '/' || s.k, 'n', s.k, 'admission', s.k,
                    'rang_at', t.rang_at - make_interval(mins => s.k), 'claimed_at', t.rang_at - make_interval(mins => s.k),
                    'outcome', CASE WHEN s.k > 20 THEN 'answered' ELSE 'no_answer' END)) AS a
           FROM attempts t CROSS JOIN generate_series(2, 40) AS s (k) WHERE t.tenant_id = $1 AND t.campaign_id = $2) x`,
        [rig.tenantId, tried],
      ),
    );
    const all = `campaignId=${tried}&from=${toIso(NOW - 60 * MINUTE_MS)}&to=${toIso(NOW + MINUTE_MS)}&zone=Asia/Shanghai`;
    const { status, body } = await rig.call('GET', `/v1/reports/suggestions?${all}`);
    expect(status).toBe(200);
    const items = body.items as unknown as { code: string; evidence: unknown }[];
    const codes = items.map(({ code }) => code);
    expect(codes).toContain('attempts.fewer_a_day');
    const found = items.find(({ code }) => code === 'attempts.fewer_a_day');
    expect(found?.evidence).toMatchObject({ attemptOfDay: 10, difference: { clear: true } });
  });
});

test.each([
  [{ to: toIso(NOW - 2 * MINUTE_MS) }, 'query.to', 'is not after its beginning'],
  [{ to: toIso(NOW + 401 * 1_440 * MINUTE_MS) }, 'query.to', 'is too far from its beginning'],
  [{ compareFrom: toIso(NOW) }, 'query.compareTo', 'is missing'],
  [{ groupBy: 'colour' }, 'query.groupBy', 'is not'],
])('a period that cannot be told is refused: %j', async (rest, field, fault) => {
  const { status, body } = await rig.call('GET', path(rest));
  expect(status).toBe(400);
  expect(body.faults).toMatchObject([{ field, fault: expect.stringContaining(fault) as string }]);
});

test('negative prices and what is no currency are refused, field by field', async () => {
  const { status, body } = await rig.call('POST', '/v1/prices', { currency: 'yuan', perAttempt: -1 });
  expect(status).toBe(400);
  expect(body.faults).toMatchObject([
    { field: 'currency', fault: 'is not a currency' },
    { field: 'perAttempt', fault: 'is negative' },
  ]);
});
