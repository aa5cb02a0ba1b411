import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { HOUR_MS, MINUTE_MS, toIso } from '../../domain/time.ts';
import { addCampaign, addCarrier, createRig, NOW, type Rig } from './rig.ts';
import { addWaiting, type WaitingSeed } from './waiting.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

interface Cause {
  readonly kind: string;
  readonly code: string;
  readonly rules: readonly { id: string; citation: { instrument: string } | null }[];
  readonly count: number;
  readonly nextAt: string | null;
  readonly samples: readonly { contactId: string; numbers: readonly string[] }[];
}
interface Why {
  readonly at: string;
  readonly waiting: number;
  readonly causes: readonly Cause[];
  readonly blocks: readonly { code: string; until: string | null }[];
  readonly capacity: Readonly<Record<string, number | null>> | null;
  readonly calendarsEnding: readonly { id: string; coveredTo: string }[];
}

async function why(campaignId: string): Promise<Why> {
  const answer = await rig.call('GET', `/v1/campaigns/${campaignId}/why`, undefined, {
    'Cache-Control': 'no-cache',
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as unknown as Why;
}

async function running(change: Record<string, unknown> = {}): Promise<string> {
  const id = await addCampaign(rig, change);
  const answer = await rig.call('POST', `/v1/campaigns/${id}/start`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return id;
}

let made = 0;
const add = (campaignId: string, more: Partial<WaitingSeed> = {}) =>
  addWaiting(rig, {
    campaignId,
    number: `+861990000${String((made += 1)).padStart(4, '0')}`,
    ...more,
  });

/** The statement the pacer would have written when a rule deferred the contact. */
async function deferred(campaignId: string, contactId: string, rule: string, reason: string): Promise<void> {
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                              horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
       SELECT $1, $2, $3, $4, person_id, 'admission', 1, $5, now(), 0, 'defer', ready_at, ARRAY[$6], 'e', 'h', '{}', '',
              $7 FROM contacts WHERE id = $4`,
      [
        rig.tenantId,
        uuidv7(),
        campaignId,
        contactId,
        toIso(NOW),
        reason,
        JSON.stringify([
          { pack: 'house-marketing-cn', rule, type: 'frequency_cap', outcome: 'defer', reason, until: NOW },
        ]),
      ],
    ),
  );
}

test('a calendar that ends within 60 days is named, from the first of them on, and others are not (I6)', async () => {
  const id = await running();
  const named = async (iso: string) => {
    rig.clock.set(Date.parse(iso));
    return (await why(id)).calendarsEnding;
  };
  try {
    // China's calendar speaks of 2026 to its end; the next year's was not published.
    expect(await named('2026-10-31T23:59:59Z')).not.toContainEqual(expect.objectContaining({ id: CHINA }));
    expect(await named('2026-11-01T00:00:00Z')).toContainEqual({ id: CHINA, coveredTo: '2026-12-31' });
    expect((await named('2026-11-01T00:00:00Z')).map((one) => one.id)).not.toContain('fr-public-holidays');
  } finally {
    rig.clock.set(NOW);
  }
});
const CHINA = 'cn-statutory-holidays';

describe('what one waits for', () => {
  test('each kind, with its rule, its next instant and who', async () => {
    const id = await running();
    await add(id);
    await add(id, { readyAt: NOW + 20 * MINUTE_MS, stateReason: 'retry.busy' });
    await add(id, { readyAt: NOW + 10 * MINUTE_MS, stateReason: 'retry.busy' });
    const capped = await add(id, { readyAt: NOW + HOUR_MS, stateReason: 'cap.attempts' });
    await deferred(id, capped.contactId, 'house.marketing-cn.per-day', 'cap.attempts');
    await add(id, { readyAt: NOW + 5 * MINUTE_MS, stateReason: 'person.on_call' });
    await add(id, { readyAt: NOW + HOUR_MS });
    await add(id, { readyAt: NOW + 2 * HOUR_MS, rank: 4, stateReason: 'whatever' });
    // It is 21:00 of Sunday in New York.
    const asleep = await add(id, { number: '+12125550177' });
    const told = await why(id);
    expect(told).toMatchObject({ waiting: 8, at: toIso(NOW), blocks: [] });
    const of = (kind: string) => told.causes.find((cause) => cause.kind === kind);
    expect(of('retry_delay')).toMatchObject({
      code: 'retry.busy',
      count: 2,
      nextAt: toIso(NOW + 10 * MINUTE_MS),
      rules: [],
    });
    expect(of('rule')).toMatchObject({
      code: 'cap.attempts',
      count: 1,
      nextAt: toIso(NOW + HOUR_MS),
      rules: [{ id: 'house.marketing-cn.per-day', citation: { instrument: 'House policy' } }],
      samples: [{ contactId: capped.contactId, numbers: [expect.stringContaining('****') as string] }],
    });
    expect(of('held')).toMatchObject({ code: 'person.on_call', count: 1 });
    expect(of('not_before')).toMatchObject({ count: 1, nextAt: toIso(NOW + HOUR_MS) });
    expect(of('promised')).toMatchObject({ count: 1, nextAt: toIso(NOW + 2 * HOUR_MS) });
    const window = of('window')!;
    expect(window).toMatchObject({ count: 1, samples: [{ contactId: asleep.contactId }] });
    expect(window.rules[0]?.citation?.instrument).toBeTruthy();
    expect(Date.parse(window.nextAt!)).toBeGreaterThan(NOW);
    expect(of('capacity')).toMatchObject({ count: 1, nextAt: null });
    expect(told.capacity).toMatchObject({
      maxConcurrentCalls: 50,
      carrierMaxConcurrentCalls: 20,
      admitted: 0,
    });
  });

  test('a reason that no decision is on record for is told by the rules that give it', async () => {
    const id = await running();
    await add(id, { readyAt: NOW + HOUR_MS, stateReason: 'window.closed' });
    const [cause] = (await why(id)).causes;
    expect(cause).toMatchObject({ kind: 'rule', code: 'window.closed' });
    expect(cause!.rules.length).toBeGreaterThan(0);
  });
});

describe('what holds up all of them comes first', () => {
  test.each([
    ['a draft', {}, null, 'campaign.draft', null],
    ['a pause', {}, 'pause', 'campaign.paused', null],
    [
      'a schedule to come',
      { schedule: { startAt: toIso(NOW + HOUR_MS) } },
      'nothing',
      'schedule.not_begun',
      toIso(NOW + HOUR_MS),
    ],
  ])('%s', async (_what, change, act, code, nextAt) => {
    const id = act === null ? await addCampaign(rig, change) : await running(change);
    await add(id);
    await add(id, { readyAt: NOW + HOUR_MS, stateReason: 'retry.busy' });
    if (act === 'pause') await rig.call('POST', `/v1/campaigns/${id}/pause`);
    const told = await why(id);
    expect(told.causes).toMatchObject([{ kind: 'campaign', code, count: 2, nextAt }]);
    expect(told.causes[0]!.samples).toHaveLength(2);
    expect(told.blocks[0]).toMatchObject({ code, until: nextAt });
  });

  test('a carrier that is paused, and a tenant that is stopped', async () => {
    const id = await running();
    await add(id);
    const set = (text: string) => rig.db.inTenant(rig.tenantId, (tx) => tx.query(text));
    await set('UPDATE carriers SET paused_real = now()');
    expect((await why(id)).causes).toMatchObject([{ code: 'carrier.paused', count: 1 }]);
    await set('UPDATE tenants SET dialling_stopped_at = now()');
    const told = await why(id);
    expect(told.causes).toMatchObject([{ code: 'tenant.stopped', count: 1 }]);
    expect(told.blocks.map((block) => block.code)).toEqual(['tenant.stopped', 'carrier.paused']);
    await set('UPDATE carriers SET paused_real = NULL');
    await set('UPDATE tenants SET dialling_stopped_at = NULL');
  });

  test('a carrier that is left alone because it took no calls, and until when', async () => {
    const id = await running();
    await add(id);
    const set = (text: string) => rig.db.inTenant(rig.tenantId, (tx) => tx.query(text));
    await set(
      `INSERT INTO send_pace (tenant_id, owner_id, next_slot_real, failures_in_row, rests_until_real)
       SELECT tenant_id, id, now(), 6, now() + interval '60 seconds' FROM carriers
       ON CONFLICT (tenant_id, owner_id) DO UPDATE SET failures_in_row = 6, rests_until_real = now() + interval '60 seconds'`,
    );
    const told = await why(id);
    expect(told.causes).toMatchObject([{ code: 'carrier.resting', count: 1 }]);
    expect(Date.parse(told.blocks[0]!.until!)).toBeGreaterThan(NOW);
    await set('UPDATE send_pace SET failures_in_row = 0, rests_until_real = NULL');
    expect((await why(id)).causes.map(({ code }) => code)).not.toContain('carrier.resting');
  });
});

test('whatever the contacts wait for, the counts sum to those that wait, and no sample stands in two causes', async () => {
  const id = await running();
  const seedArbitrary = fc.record({
    state: fc.constantFrom('waiting', 'waiting', 'waiting', 'admitted', 'denied', 'stopped'),
    reason: fc.constantFrom(null, 'retry.busy', 'window.closed', 'cap.attempts', 'person.on_call', 'odd'),
    inMinutes: fc.integer({ min: -3, max: 3 }),
    cohort: fc.constantFrom('', 'a', 'b'),
    rank: fc.constantFrom(4, 14, 24),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(seedArbitrary, { maxLength: 30 }), async (seeds) => {
      await rig.db.inTenant(rig.tenantId, (tx) =>
        tx.query(
          `WITH gone AS (DELETE FROM contacts WHERE campaign_id = $2)
           INSERT INTO contacts (tenant_id, id, campaign_id, person_id, state, state_reason, rank, priority, cohort,
                                 ready_at, admissions, attempts, counted_attempts, workflow_open, wake_pending,
                                 created_at, updated_at)
           SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), s.state, s.reason, s.rank, 5, s.cohort,
                  $3::timestamptz + make_interval(mins => s."inMinutes"), 0, 0, 0, false, false, $3, $3
           FROM jsonb_to_recordset($4) AS s (state text, reason text, rank int, cohort text, "inMinutes" int)`,
          [rig.tenantId, id, toIso(NOW), JSON.stringify(seeds)],
        ),
      );
      const told = await why(id);
      const waiting = seeds.filter((seed) => seed.state === 'waiting');
      expect(told.waiting).toBe(waiting.length);
      const progress = await rig.call('GET', `/v1/campaigns/${id}/progress`);
      expect(progress.body).toMatchObject({ waiting: told.waiting });
      expect(told.causes.reduce((sum, cause) => sum + cause.count, 0)).toBe(told.waiting);
      const samples = told.causes.flatMap((cause) => cause.samples.map((sample) => sample.contactId));
      expect(new Set(samples).size).toBe(samples.length);
      // By an oracle that knows nothing of how it is counted.
      const due = waiting.filter((seed) => seed.inMinutes <= 0);
      const countOf = (...kinds: string[]) =>
        told.causes.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { count }) => sum + count, 0);
      expect(countOf('window', 'capacity')).toBe(due.length);
      const later = waiting.filter((seed) => seed.inMinutes > 0);
      expect(countOf('promised')).toBe(later.filter((seed) => seed.rank === 4).length);
      for (const cause of told.causes) {
        expect(cause.samples.length).toBe(Math.min(5, cause.count));
        if (cause.kind !== 'retry_delay' && cause.kind !== 'rule') continue;
        expect(cause.count).toBe(later.filter((seed) => seed.rank > 4 && seed.reason === cause.code).length);
      }
    }),
    { numRuns: 25 },
  );
});

test("another tenant's campaign is found as little as one that is not", async () => {
  const id = await addCampaign(rig);
  for (const campaignId of [id, uuidv7()]) {
    const answer = await rig.callOther('GET', `/v1/campaigns/${campaignId}/why`);
    expect([answer.status, answer.body.detail]).toEqual([404, 'the campaign was not found']);
  }
});
