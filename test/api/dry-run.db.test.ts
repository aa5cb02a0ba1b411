import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
// Before all that makes schemas: they learn to describe themselves when the API is loaded.
import { addAttempt, addCampaign, addCarrier, createRig, NOW, type Rig } from './rig.ts';
import { readDossier } from '../../gate/dossier.ts';
import { horizonMsOn, leadingReason } from '../../gate/decide.ts';
import { leadingResult } from '../../gate/dry-run.ts';
import { readFactsOf, readLists } from '../../gate/facts-batch.ts';
import { readCampaignNow } from '../../gate/campaign-now.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';
import { addWaiting } from './waiting.ts';

let rig: Rig;
/** A draft of ten contacts: what each would meet is told by its name. */
let campaignId: string;
const ids: Record<string, string> = {};
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
  const add = async (name: string, number: string, more: object = {}) => {
    const contact = await addWaiting(rig, { campaignId, number, ...more });
    ids[name] = contact.contactId;
    return contact;
  };
  await add('free', '+8619900000101');
  // What was taken back before it rang counts for nothing.
  const revoked = await add('free too', '+8619900000102');
  await addAttempt(rig, { campaignId, ...revoked, n: 1, state: 'revoked', at: NOW - HOUR_MS });
  await add('no consent', '+8619900000103', { consent: false });
  await add('suppressed', '+8619900000104', { suppressed: true });
  const busy = await add('busy', '+8619900000105', {
    readyAt: NOW + 30 * MINUTE_MS,
    stateReason: 'retry.busy',
  });
  await addAttempt(rig, {
    campaignId,
    ...busy,
    n: 1,
    state: 'ended',
    outcome: 'busy',
    at: NOW - 60 * DAY_MS,
  });
  // Ready only after today's window has closed.
  await add('late', '+8619900000106', { readyAt: NOW + 14 * HOUR_MS, stateReason: 'retry.no_answer' });
  await add('denied later', '+8619900000107', { consent: false, readyAt: NOW + DAY_MS });
  // It is night in New York.
  await add('asleep', '+12125550108');
  const talking = await add('talking', '+8619900000109');
  await addAttempt(rig, {
    campaignId,
    ...talking,
    n: 1,
    state: 'sent',
    answered: true,
    at: NOW - 10 * DAY_MS,
  });
  const numberless = await add('numberless', '+8619900000110');
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('UPDATE person_numbers SET is_primary = false WHERE person_id = $1', [numberless.personId]),
  );
});
afterAll(() => rig.close());

interface Body {
  readonly total: number;
  readonly evaluated: number;
  readonly exact: boolean;
  readonly at: string;
  readonly policies: { readonly setHash: string; readonly inForce: boolean };
  readonly blocks: readonly { code: string }[];
  readonly startFaults: readonly { field: string }[];
  readonly outcomes: Readonly<Record<string, { count: number; low: number; high: number }>>;
  readonly deferredByHour: readonly { hour: string; reason: string; count: number }[];
  readonly causes: readonly {
    outcome: string;
    reason: string;
    rule: { id: string; label: string; citation: { instrument: string } | null } | null;
    count: number;
    nextAt: string | null;
    samples: readonly string[];
  }[];
}

async function run(id: string, body: object = {}): Promise<Body> {
  const answer = await rig.call('POST', `/v1/campaigns/${id}/dry-run`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as unknown as Body;
}
const causeOf = (body: Body, name: string) => body.causes.find((cause) => cause.samples.includes(ids[name]!));

describe('a draft, by the policies its start would put in force', () => {
  test('every waiting contact is told of once, with what decides it', async () => {
    const body = await run(campaignId);
    expect(body).toMatchObject({ total: 10, evaluated: 10, exact: true, at: new Date(NOW).toISOString() });
    expect(body.policies).toEqual({ setHash: compilePolicySet(bundledDocuments()).hash, inForce: false });
    expect(Object.values(body.outcomes).reduce((sum, { count }) => sum + count, 0)).toBe(10);
    expect(body.outcomes['now']).toEqual({ count: 2, low: 2, high: 2 });
    expect(body.outcomes['denied']!.count).toBe(4);

    expect(causeOf(body, 'no consent')).toMatchObject({
      outcome: 'denied',
      reason: 'consent.missing',
      nextAt: null,
    });
    expect(causeOf(body, 'no consent')?.rule?.citation?.instrument).toBeTruthy();
    expect(causeOf(body, 'denied later')).toBe(causeOf(body, 'no consent'));
    expect(causeOf(body, 'suppressed')).toMatchObject({ outcome: 'denied' });
    expect(causeOf(body, 'numberless')).toMatchObject({ reason: 'number.missing', rule: null });
    expect(causeOf(body, 'busy')).toMatchObject({
      outcome: 'deferred',
      reason: 'retry.busy',
      rule: null,
      nextAt: new Date(NOW + 30 * MINUTE_MS).toISOString(),
    });
    const late = causeOf(body, 'late');
    expect(late).toMatchObject({ outcome: 'deferred', rule: { label: expect.any(String) as string } });
    expect(Date.parse(late!.nextAt!)).toBeGreaterThan(NOW + 14 * HOUR_MS);
    expect(causeOf(body, 'asleep')).toMatchObject({ outcome: 'deferred', reason: 'window.closed' });
    expect(causeOf(body, 'talking')).toMatchObject({
      reason: 'person.on_call',
      nextAt: new Date(NOW + 5 * MINUTE_MS).toISOString(),
    });
    expect(body.deferredByHour.reduce((sum, { count }) => sum + count, 0)).toBe(
      body.outcomes['deferred']!.count,
    );
  });

  test('what stands in the way of all of them is told, and left aside', async () => {
    const body = await run(campaignId);
    expect(body.blocks.map((block) => block.code)).toEqual(['campaign.draft']);
    expect(body.startFaults).toEqual([]);
    await rig.call('POST', '/v1/teams', { name: 'renewals' });
    const other = await addCampaign(rig, {
      carrier: 'none',
      mode: 'predictive',
      agents: { teams: ['renewals'] },
      schedule: { endAt: '2026-03-01T00:00:00Z' },
    });
    const blocked = await run(other);
    expect(blocked.blocks.map((block) => block.code)).toEqual([
      'campaign.draft',
      'schedule.over',
      'carrier.missing',
    ]);
    expect(blocked.startFaults.map((fault) => fault.field)).toEqual(['carrier', 'schedule.endAt']);
    expect(blocked).toMatchObject({ total: 0, evaluated: 0, exact: true, causes: [] });
  });

  test('nothing is written', async () => {
    const rows = () =>
      rig.db.inTenant(rig.tenantId, (tx) =>
        tx.query(
          `SELECT (SELECT count(*) FROM decisions) AS d, (SELECT count(*) FROM policy_sets) AS p,
                  (SELECT count(*) FROM changes) AS c, (SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM contacts t) AS k`,
        ),
      );
    const before = await rows();
    await run(campaignId);
    expect(await rows()).toEqual(before);
  });

  test("the campaign's own hours count", async () => {
    const id = await addCampaign(rig, {
      callingHours: [{ days: ['mon'], from: '15:00', until: '16:00' }],
    });
    await addWaiting(rig, { campaignId: id, number: '+8619900000101' });
    const body = await run(id);
    expect(body.causes).toMatchObject([
      {
        reason: 'campaign.hours',
        nextAt: '2026-03-02T07:00:00.000Z',
        rule: { id: 'campaign.calling-hours' },
      },
    ]);
    expect(body.deferredByHour).toEqual([
      { hour: '2026-03-02T07:00:00.000Z', reason: 'campaign.hours', count: 1 },
    ]);
    const then = await run(id, { at: '2026-03-02T15:30:00+08:00' });
    expect(then.outcomes['now']!.count).toBe(1);
  });
});

describe('facts and verdicts are those of the gate', () => {
  test('for every contact, the facts read in a batch are those the gate reads', async () => {
    await rig.db.inTenant(rig.tenantId, async (tx) => {
      const campaign = (await readCampaignNow(tx, campaignId, NOW))!;
      const contactIds = Object.values(ids);
      const batch = await readFactsOf(tx, campaign, await readLists(tx), contactIds, NOW);
      expect(batch).toHaveLength(contactIds.length);
      for (const contact of batch) {
        const dossier = await readDossier(tx, contact.contactId, NOW);
        expect(contact.facts).toEqual(dossier?.facts ?? null);
        if (dossier === null) continue;
        expect(contact.firstAttemptAt).toBe(dossier.firstAttemptAt);
        expect(contact.onCall).toBe(dossier.openAttemptId !== null);
        const policySet = compilePolicySet(bundledDocuments());
        const evaluation = evaluate({
          policySet,
          facts: dossier.facts,
          at: NOW,
          horizonMs: horizonMsOn(rig.clock),
        });
        expect(leadingResult(evaluation)?.reason ?? null).toBe(leadingReason(evaluation));
      }
    });
  });
});

describe('more contacts than are all asked about', () => {
  test('a sample is scaled to the whole, within its bounds', async () => {
    const id = await addCampaign(rig, { name: 'Large' });
    const one = await addWaiting(rig, { campaignId: id, number: '+8619900000101' });
    const two = await addWaiting(rig, { campaignId: id, number: '+8619900000103', consent: false });
    // A person's place is taken once in a campaign; the rules read the person, so another id in `person_id` would not do.
    await rig.db.inTenant(rig.tenantId, async (tx) => {
      for (const [contact, copies] of [
        [one, 4_199],
        [two, 1_799],
      ] as const) {
        await tx.query(
          `WITH p AS (
             INSERT INTO persons (tenant_id, id, created_real, updated_real)
             SELECT $1, gen_random_uuid(), now(), now() FROM generate_series(1, $3) RETURNING id),
           n AS (
             INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type,
                                         is_primary, locations, created_real)
             SELECT o.tenant_id, sha256(p.id::text::bytea), p.id, o.sealed_number, o.country, o.number_type, true,
                    o.locations, now() FROM p, person_numbers o WHERE o.person_id = $4 RETURNING 1),
           e AS (
             INSERT INTO consent_events SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(),
               'person_id', p.id, 'dedupe_key', '\\x' || encode(sha256(p.id::text::bytea), 'hex')))).*
             FROM p, consent_events o WHERE o.person_id = $4 RETURNING 1)
           INSERT INTO contacts SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(),
             'person_id', p.id))).* FROM p, contacts o WHERE o.id = $2`,
          [rig.tenantId, contact.contactId, copies, contact.personId],
        );
      }
    });
    const body = await run(id, { sample: 500 });
    expect(body).toMatchObject({ total: 6_000, evaluated: 500, exact: false });
    expect(Object.values(body.outcomes).reduce((sum, { count }) => sum + count, 0)).toBe(6_000);
    const now = body.outcomes['now']!;
    // Six standard errors: not a matter of luck.
    expect(Math.abs(now.count - 4_200)).toBeLessThan(6 * 6_000 * Math.sqrt((0.7 * 0.3) / 500));
    expect(now.low).toBeLessThan(now.count);
    expect(now.high).toBeGreaterThan(now.count);
    expect(body.causes[0]!.count).toBe(body.outcomes['denied']!.count);
    expect(body.causes[0]!.samples).toHaveLength(5);
  });
});

describe('refusals', () => {
  test.each([
    ['an instant gone by', { at: '2026-03-01T00:00:00Z' }, 'at'],
    ['an instant that is none', { at: 'tomorrow' }, 'at'],
    ['too small a sample', { sample: 1 }, 'sample'],
    ['an unknown field', { samples: 100 }, 'samples'],
  ])('%s', async (_what, body, field) => {
    const answer = await rig.call('POST', `/v1/campaigns/${campaignId}/dry-run`, body);
    expect([answer.status, answer.body.faults[0]?.field]).toEqual([400, field]);
  });

  test("another tenant's campaign is found as little as one that is not", async () => {
    for (const id of [campaignId, uuidv7()]) {
      const answer = await rig.callOther('POST', `/v1/campaigns/${id}/dry-run`, {});
      expect([answer.status, answer.body.detail]).toEqual([404, 'the campaign was not found']);
    }
  });

  test('a third at the same time is told to come back', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(() => rig.call('POST', `/v1/campaigns/${campaignId}/dry-run`, {})),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 503]);
    const refused = answers.find((answer) => answer.status === 503)!;
    expect(refused.headers.get('retry-after')).toBe('3');
  });
});
