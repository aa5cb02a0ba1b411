import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { paceCampaign } from '../../activities/pace/pacer.ts';
import { placeCall } from '../../activities/calls/place-call.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { cohortOf } from '../../db/repositories/hopper.ts';
import type { CampaignDefinitionInput } from '../../domain/campaign.ts';
import { scaledClock } from '../../domain/clock.ts';
import { readDossier } from '../../gate/dossier.ts';
import { askedOf } from '../../gate/explain.ts';
import { readFactsAt } from '../../gate/facts-at.ts';
import { readFactsOf, readLists } from '../../gate/facts-batch.ts';
import { createPolicyReader } from '../../gate/policy-source.ts';
import { readContactStanding } from '../../gate/standing.ts';
import { whyWaiting } from '../../gate/why.ts';
import { locateNumber } from '../../policies/index.ts';
import { floorCampaign, hear, openFloor, seatStates, sideOf, tellingGateway } from '../support/agents.ts';
import { createTestEngine, WORKDAY_MORNING_CN, type TestEngine } from '../support/engine.ts';
import { answerModel } from '../support/quick-model.ts';

const setting = { from: WORKDAY_MORNING_CN, realStart: Date.now(), speed: 1 };
const clock = scaledClock(setting);
const QUICK = { setupS: 0.01, ringS: 0.01 };
const SILENT = Array.from({ length: 40 }, (_, i) => `+86199000080${String(i).padStart(2, '0')}`);
const GONE = ['+8619900008100', '+8619900008101', '+8619900008102'];

let engine: TestEngine;
let workflows = tellingGateway();
let made = 0;
beforeAll(async () => {
  engine = await createTestEngine({
    clock,
    simulator: {
      clock: setting,
      model: answerModel,
      scenarios: {
        ...Object.fromEntries(SILENT.map((n) => [n, { ...QUICK, outcome: 'no_answer' }])),
        ...Object.fromEntries(GONE.map((n) => [n, { ...QUICK, outcome: 'invalid_number' }])),
      },
    },
  });
});
afterAll(() => engine.close());
beforeEach(() => {
  workflows = tellingGateway();
});

const silent = () => SILENT[made++]!;
const rows = <T extends object>(sql: string, ...values: unknown[]): Promise<T[]> =>
  engine.db.inTenant(engine.tenantId, (tx) => tx.query<T>(sql, [engine.tenantId, ...values]));

/** Retries after a moment, so that no test waits for them. */
const retry = (
  rest: CampaignDefinitionInput['retry'] = {},
): NonNullable<CampaignDefinitionInput['retry']> => ({
  maxAttempts: 5,
  maxAttemptsPerDay: 24,
  byOutcome: { no_answer: { delayMinutes: [0.0001] } },
  ...rest,
});

/** One tick of the campaign's pacer. @returns whom it admitted */
async function tick(campaignId: string): Promise<string[]> {
  const before = workflows.told.length;
  await paceCampaign(
    { ...engine, workflows },
    { tenantId: engine.tenantId, campaignId },
    {
      beat: () => undefined,
      cancelled: new AbortController().signal,
      waitForWork: () => Promise.resolve(),
      mustGiveWay: () => true,
    },
  );
  return workflows.told.slice(before).map((told) => told.split(' ')[1]!);
}

interface ContactNow {
  readonly state: string;
  readonly state_reason: string | null;
  readonly rank: number;
  readonly admissions: number;
  readonly cohort: string;
  readonly number_hash: Buffer | null;
}

async function contactNow(contactId: string): Promise<ContactNow> {
  const [row] = await rows<ContactNow>('SELECT * FROM contacts WHERE tenant_id = $1 AND id = $2', contactId);
  return row!;
}

/** The contact, admitted, is called, and nobody answers. */
async function callInVain(campaignId: string, contactId: string): Promise<string> {
  const { admissions: admission } = await contactNow(contactId);
  expect(await placeCall(engine, { tenantId: engine.tenantId, campaignId, contactId, admission })).toEqual({
    kind: 'pending',
  });
  const [attempt] = await rows<{ id: string }>(
    'SELECT id FROM attempts WHERE tenant_id = $1 AND contact_id = $2 AND admission = $3',
    contactId,
    admission,
  );
  await hear(engine, attempt!.id, 'ended');
  return attempt!.id;
}

const attempt = async (id: string) =>
  (
    await rows<{ mode: string; next_step: Record<string, unknown> | null; number_hash: Buffer }>(
      'SELECT mode, next_step, number_hash FROM attempts WHERE tenant_id = $1 AND id = $2',
      id,
    )
  )[0]!;

/** Another number of somebody, as an import keeps it. */
async function addNumber(personId: string, number: string, place: number): Promise<Buffer> {
  const located = locateNumber(number);
  const hash = engine.vault.numberHash(engine.tenantId, number);
  const sealer = (await engine.vault.sealersOf(engine.tenantId, [personId])).get(personId)!;
  await rows(
    `INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary,
                                 locations, created_real, further_place)
     VALUES ($1, $2, $3, $4, $5, $6, false, $7, now(), $8)`,
    hash,
    personId,
    sealer.sealNumber(number),
    located.country,
    located.type,
    JSON.stringify(located.locations),
    place,
  );
  return hash;
}

describe('escalation: an agent calls whom the script has tried in vain', () => {
  it('the next call is made in a mode with agents: one is kept free before it rings, and none is made without', async () => {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'agentless', {
      retry: retry({ escalate: { afterAttempts: 1 } }),
    });
    const { contactId } = await engine.addContact(campaignId, { number: silent() });
    expect(await tick(campaignId)).toEqual([contactId]);
    const first = await callInVain(campaignId, contactId);
    expect(await attempt(first)).toMatchObject({
      mode: 'agentless',
      next_step: { kind: 'retry', reason: 'retry.no_answer', withAgent: true, otherNumber: false },
    });
    expect(await contactNow(contactId)).toMatchObject({ state: 'waiting', rank: 44 });

    await rows(
      `UPDATE seats SET state = 'break', reason = 'tea' WHERE tenant_id = $1 AND team_id = $2`,
      floor.teamId,
    );
    expect(await tick(campaignId), 'nobody is free').toEqual([]);
    await engine.addContact(campaignId, { number: silent() });
    const why = await engine.db.inTenant(engine.tenantId, (tx) =>
      whyWaiting(tx, { clock, policies: createPolicyReader() }, campaignId),
    );
    expect(why!.causes).toMatchObject([
      { kind: 'agents', code: 'agents.none_free', count: 1, samples: [{ contactId }] },
      { kind: 'capacity', code: 'capacity', count: 1 },
    ]);
    await rows(
      `UPDATE contacts SET state = 'stopped' WHERE tenant_id = $1 AND campaign_id = $2 AND id <> $3`,
      campaignId,
      contactId,
    );
    await rows(`UPDATE seats SET state = 'ready' WHERE tenant_id = $1 AND team_id = $2`, floor.teamId);
    expect(await tick(campaignId)).toEqual([contactId]);
    const second = await callInVain(campaignId, contactId);
    expect(await attempt(second)).toMatchObject({ mode: 'progressive' });
    expect(await sideOf(engine, second)).toMatchObject({ state: 'over', reason: 'not_answered' });
    expect(await seatStates(engine, floor)).toEqual(['ready']);
    expect(
      await rows('SELECT calls FROM answer_counts WHERE tenant_id = $1 AND campaign_id = $2', campaignId),
    ).toEqual([{ calls: 1 }, { calls: 1 }]);
  });

  it('contacts of the script do not wait for agents, and those of agents take none of its lines beyond who is free', async () => {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'agentless', {
      retry: retry({ escalate: { afterAttempts: 1 } }),
    });
    for (let i = 0; i < 2; i++) await engine.addContact(campaignId, { number: silent() });
    const escalated = await tick(campaignId);
    expect(escalated).toHaveLength(2);
    for (const contactId of escalated) await callInVain(campaignId, contactId);
    const fresh = await engine.addContact(campaignId, { number: silent() });
    const admitted = await tick(campaignId);
    expect(admitted).toContain(fresh.contactId);
    expect(admitted.filter((id) => escalated.includes(id))).toHaveLength(1);
  });

  it('rules that change take a contact to the others, or back: what is decided goes by the rules of now', async () => {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'agentless', {
      retry: retry({ escalate: { afterAttempts: 1 } }),
    });
    const { contactId } = await engine.addContact(campaignId, { number: silent() });
    await tick(campaignId);
    await callInVain(campaignId, contactId);
    const setRule = (after: number | null) =>
      rows(
        `UPDATE campaigns SET definition = jsonb_set(definition, '{retry,escalate}', $3::jsonb) WHERE tenant_id = $1 AND id = $2`,
        campaignId,
        JSON.stringify(after === null ? null : { afterAttempts: after }),
      );
    await setRule(3);
    expect(await tick(campaignId)).toEqual([contactId]);
    expect(await attempt(await callInVain(campaignId, contactId))).toMatchObject({ mode: 'agentless' });
    expect(await contactNow(contactId)).toMatchObject({ rank: 14 });
    await setRule(1);
    expect(await tick(campaignId), 'it is put among those of agents first').toEqual([]);
    expect(await contactNow(contactId)).toMatchObject({ rank: 44 });
    expect(await tick(campaignId)).toEqual([contactId]);
    expect(await attempt(await callInVain(campaignId, contactId))).toMatchObject({ mode: 'progressive' });
    await setRule(null);
    expect(await tick(campaignId)).toEqual([contactId]);
    expect(await attempt(await callInVain(campaignId, contactId))).toMatchObject({ mode: 'agentless' });
  });

  it('the gate, dry runs and explanations decide about the same mode', async () => {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'agentless', {
      retry: retry({ escalate: { afterAttempts: 1 } }),
    });
    const { contactId } = await engine.addContact(campaignId, { number: silent() });
    const modes = () =>
      engine.db.inTenant(engine.tenantId, async (tx) => {
        const dossier = await readDossier(tx, contactId, clock.now());
        const { definition } = dossier!.campaign;
        const campaign = { id: campaignId, definition, carrierId: engine.carrierId };
        const batch = await readFactsOf(tx, campaign, await readLists(tx), [contactId], clock.now());
        return [dossier!.facts.mode, batch[0]!.facts!.mode];
      });
    expect(await modes()).toEqual(['agentless', 'agentless']);
    await tick(campaignId);
    await callInVain(campaignId, contactId);
    expect(await modes()).toEqual(['progressive', 'progressive']);
  });
});

describe('an experiment of which one arm hands contacts to agents', () => {
  it('does so with the contacts of that arm alone, and neither kind waits for what the other needs', async () => {
    const floor = await openFloor(engine, 1);
    const campaignId = await floorCampaign(engine, floor, 'agentless', {
      rules: {
        experiments: {
          retry: [
            { name: 'script', retry: retry() },
            { name: 'agents', retry: retry({ escalate: { afterAttempts: 1 } }) },
          ],
        },
      },
    });
    const contactIn = async (arm: string): Promise<string> => {
      const { contactId } = await engine.addContact(campaignId, { number: silent() });
      await rows(
        'UPDATE contacts SET arms = $3 WHERE tenant_id = $1 AND id = $2',
        contactId,
        JSON.stringify({ retry: arm }),
      );
      return contactId;
    };
    const [byScript, byAgent] = [await contactIn('script'), await contactIn('agents')];
    expect((await tick(campaignId)).sort()).toEqual([byScript, byAgent].sort());
    for (const contactId of [byScript, byAgent]) await callInVain(campaignId, contactId);
    expect(await contactNow(byScript)).toMatchObject({ state: 'waiting', rank: 14 });
    expect(await contactNow(byAgent)).toMatchObject({ state: 'waiting', rank: 44 });
    await engine.db.inTenant(engine.tenantId, async (tx) => {
      const { definition } = (await campaignById(tx, campaignId))!;
      const campaign = { id: campaignId, definition, carrierId: engine.carrierId };
      const lists = await readLists(tx);
      for (const [contactId, mode] of [[byScript, 'agentless'] as const, [byAgent, 'progressive'] as const]) {
        expect((await readDossier(tx, contactId, clock.now()))!.facts.mode).toBe(mode);
        const [batched] = await readFactsOf(tx, campaign, lists, [contactId], clock.now());
        expect(batched!.facts!.mode).toBe(mode);
        const asked = askedOf((await readContactStanding(tx, contactId, null))!);
        expect((await readFactsAt(tx, campaign, asked, clock.now(), clock.now())).mode).toBe(mode);
      }
    });
    await rows(
      `UPDATE seats SET state = 'break', reason = 'tea' WHERE tenant_id = $1 AND team_id = $2`,
      floor.teamId,
    );
    expect(await tick(campaignId), 'nobody is free').toEqual([byScript]);
    expect(await attempt(await callInVain(campaignId, byScript))).toMatchObject({ mode: 'agentless' });
    await rows(`UPDATE contacts SET state = 'stopped' WHERE tenant_id = $1 AND id = $2`, byScript);
    await rows(`UPDATE seats SET state = 'ready' WHERE tenant_id = $1 AND team_id = $2`, floor.teamId);
    expect(await tick(campaignId)).toEqual([byAgent]);
    expect(await attempt(await callInVain(campaignId, byAgent))).toMatchObject({ mode: 'progressive' });
    // Put into the other arm, it goes back to the script, and is not left among those of agents.
    await rows(
      `UPDATE contacts SET arms = '{"retry": "script"}', rank = 44 WHERE tenant_id = $1 AND id = $2`,
      byAgent,
    );
    expect(await tick(campaignId)).toEqual([byAgent]);
    expect(await attempt(await callInVain(campaignId, byAgent))).toMatchObject({ mode: 'agentless' });
  });
});

describe('other numbers of the same person', () => {
  const otherNumber = { afterAttempts: 1, outcomes: ['no_answer', 'invalid_number'] } as const;
  const rules = retry({ otherNumber: { ...otherNumber, outcomes: [...otherNumber.outcomes] } });

  it('are tried in their order, each with the place that it says, and when all were, the contact goes on as it was', async () => {
    const campaignId = await engine.addCampaign({ purpose: 'service', retry: rules });
    const { contactId, personId, number } = await engine.addContact(campaignId, { number: silent() });
    const hashes = [engine.vault.numberHash(engine.tenantId, number)];
    for (const place of [1, 2]) hashes.push(await addNumber(personId, silent(), place));
    const called: Buffer[] = [];
    for (let i = 0; i < 4; i++) {
      expect(await tick(campaignId)).toEqual([contactId]);
      called.push((await attempt(await callInVain(campaignId, contactId))).number_hash);
    }
    expect(called).toEqual([...hashes, hashes[2]]);
    const located = locateNumber(SILENT[made - 1]!);
    expect(await contactNow(contactId)).toMatchObject({
      cohort: cohortOf(located.country, located.locations),
      number_hash: hashes[2],
    });
  });

  it('a number that nobody has is left at once; without another one the contact ends', async () => {
    const campaignId = await engine.addCampaign({ purpose: 'service', retry: rules });
    const { contactId, personId } = await engine.addContact(campaignId, { number: GONE[0]! });
    const second = await addNumber(personId, GONE[1]!, 1);
    await tick(campaignId);
    const first = await callInVain(campaignId, contactId);
    expect((await attempt(first)).next_step).toMatchObject({
      reason: 'retry.other_number',
      otherNumber: true,
    });
    await tick(campaignId);
    const last = await attempt(await callInVain(campaignId, contactId));
    expect(last).toMatchObject({
      number_hash: second,
      next_step: { kind: 'final', state: 'invalid_number' },
    });
    expect(await contactNow(contactId)).toMatchObject({ state: 'invalid_number' });
  });

  it('what an earlier instant knew of the number called is told as it was then', async () => {
    const campaignId = await engine.addCampaign({ purpose: 'service', retry: rules });
    const { contactId, personId, number } = await engine.addContact(campaignId, { number: silent() });
    const further = await addNumber(personId, silent(), 1);
    await tick(campaignId);
    const before = clock.now();
    await callInVain(campaignId, contactId);
    const standing = (at: number | null) =>
      engine.db.inTenant(engine.tenantId, (tx) => readContactStanding(tx, contactId, at));
    expect((await standing(before))!.numberHash).toEqual(engine.vault.numberHash(engine.tenantId, number));
    expect((await standing(null))!.numberHash).toEqual(further);
  });

  it('a do-not-call entry for any of them binds all', async () => {
    const campaignId = await engine.addCampaign({ purpose: 'service', retry: rules });
    const { contactId, personId, number } = await engine.addContact(campaignId, { number: silent() });
    await addNumber(personId, silent(), 1);
    await tick(campaignId);
    await callInVain(campaignId, contactId);
    await rows(
      `INSERT INTO suppressions (tenant_id, id, list, scope, number_hash, source, requested_by_person, recorded_at, valid_from, recorded_by)
       VALUES ($1, gen_random_uuid(), 'internal', 'tenant', $2, 'test', true, $3, $3, 'test')`,
      engine.vault.numberHash(engine.tenantId, number),
      new Date(clock.now()).toISOString(),
    );
    expect(await tick(campaignId)).toEqual([]);
    expect(await contactNow(contactId)).toMatchObject({ state: 'denied' });
  });
});

describe('the best time to call', () => {
  const bestTime = { enabled: true, minAttempts: 10, withinHours: 24 };
  const PLACE = locateNumber(SILENT[0]!);
  const cohort = cohortOf(PLACE.country, PLACE.locations);
  /** What is known of people of the place: at ten in the morning few answer, at four in the afternoon most. */
  const learned = async () => {
    await rows('DELETE FROM answer_hours WHERE tenant_id = $1');
    for (const [hour, answers] of [
      [10, 20],
      [11, 20],
      [16, 140],
    ]) {
      await rows(
        `INSERT INTO answer_hours VALUES ($1, $2, gen_random_uuid(), $3, 0, 200, $4)`,
        cohort,
        hour,
        answers,
      );
    }
  };
  const called = async (rules: CampaignDefinitionInput['retry']) => {
    const campaignId = await engine.addCampaign({ purpose: 'service', retry: rules });
    const { contactId } = await engine.addContact(campaignId, { number: silent() });
    await tick(campaignId);
    const { next_step } = await attempt(await callInVain(campaignId, contactId));
    const [{ ready_at }] = (await rows<{ ready_at: number }>(
      'SELECT ready_at FROM contacts WHERE tenant_id = $1 AND id = $2',
      contactId,
    )) as [{ ready_at: number }];
    return { contactId, next_step, readyAt: ready_at };
  };

  it('is off unless it is asked for', async () => {
    await learned();
    const { next_step, readyAt } = await called(retry());
    expect(next_step).toMatchObject({ bestTime: null });
    expect(readyAt).toBeLessThan(clock.now() + 60_000);
  });

  it('moves a retry to the hour at which people of the place answered, and says what that was based on', async () => {
    await learned();
    const { contactId, next_step, readyAt } = await called(retry({ bestTime }));
    expect(new Date(readyAt).toISOString()).toBe('2026-11-20T08:00:00.000Z');
    expect(await contactNow(contactId)).toMatchObject({ state_reason: 'retry.best_time' });
    expect(next_step).toMatchObject({
      reason: 'retry.best_time',
      bestTime: {
        reason: 'best_time.moved',
        zone: 'Asia/Shanghai',
        hour: 16,
        hourOtherwise: 10,
        attempts: 200,
        ownAttempts: 0,
      },
    });
  });

  it('gives no call up for it: where the hour comes too late for the campaign, it is tried when it would have been', async () => {
    await learned();
    await rows(`INSERT INTO answer_hours VALUES ($1, $2, gen_random_uuid(), 6, 0, 200, 20)`, cohort);
    const { next_step, readyAt } = await called(
      retry({ withinDays: 1, byOutcome: { no_answer: { delayMinutes: [20 * 60] } }, bestTime }),
    );
    // Four in the afternoon of the next day is thirty hours after the first call.
    expect(readyAt).toBeLessThan(Date.parse('2026-11-21T07:00:00+08:00'));
    expect(next_step).toMatchObject({
      reason: 'retry.no_answer',
      bestTime: { reason: 'best_time.too_late', hour: 16, hourOtherwise: 6 },
    });
  });

  it('says that too little is known, where it is', async () => {
    await rows('DELETE FROM answer_hours WHERE tenant_id = $1');
    const { next_step, readyAt } = await called(retry({ bestTime }));
    expect(next_step).toMatchObject({ bestTime: { reason: 'best_time.too_little_known', rate: null } });
    expect(readyAt).toBeLessThan(clock.now() + 60_000);
  });

  it('is learned from every call whose outcome says something of the hour, once, in any mode', async () => {
    await rows('DELETE FROM answer_hours WHERE tenant_id = $1');
    const campaignId = await engine.addCampaign({ purpose: 'service', retry: retry({ maxAttempts: 1 }) });
    for (const number of [silent(), silent(), GONE[2]!]) {
      const { contactId } = await engine.addContact(campaignId, { number });
      await tick(campaignId);
      await callInVain(campaignId, contactId);
    }
    expect(
      await rows(
        `SELECT cohort, hour, sum(attempts)::int AS attempts, sum(answers)::int AS answers FROM answer_hours
         WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY 1, 2`,
        campaignId,
      ),
    ).toEqual([{ cohort, hour: 10, attempts: 2, answers: 0 }]);
  });
});
