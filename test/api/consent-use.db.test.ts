import { afterAll, beforeAll, expect, test } from 'vitest';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';
import { v7 as uuidv7 } from 'uuid';
import { LAST_USE } from '../../db/repositories/consent-use.ts';
import type { ExchangedRecord } from '../../domain/exchanged-record.ts';
import type { RuleResult } from '../../domain/decision.ts';
import { toIso } from '../../domain/time.ts';
import { COUNTED_ATTEMPT_STATES } from '../../domain/vocabulary.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';
import { facts, inZones, pack, rule } from '../policies/support.ts';

const HOUR = 3_600_000;

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { name: 'Used' });
});
afterAll(() => rig.close());

let taken = 100;
async function someone() {
  const number = `+12025550${taken++}`;
  const contact = await addContact(rig, { campaignId, number });
  return { ...contact, number, n: 0 };
}
type Someone = Awaited<ReturnType<typeof someone>>;

async function grant({ personId }: Someone, change: object = {}): Promise<string> {
  const body = { purposes: ['marketing'], source: 'web', occurredAt: '2026-02-01T00:00:00Z', ...change };
  const answer = await rig.call('POST', `/v1/persons/${personId}/consents`, body);
  return (answer.body as unknown as { eventId: string }).eventId;
}

/** A decision with its attempt, as the gate leaves them. */
async function decide(
  who: Someone,
  of: { at: number; results: readonly RuleResult[]; verdict?: string; state?: string },
): Promise<void> {
  const { personId, contactId } = who;
  const n = ++who.n;
  const decisionId = uuidv7();
  await addAttempt(rig, { campaignId, contactId, personId, n, state: of.state ?? 'ended', at: of.at });
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query('UPDATE attempts SET decision_id = $2 WHERE id = $1', [`${contactId}/${n}`, decisionId]);
    await tx.query(
      `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                              horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
       VALUES ($1, $2, $3, $4, $5, 'dial', $6, $7, now(), 0, $8, NULL, '{}', 'x', 'x', '{}', 'x', $9)`,
      [
        rig.tenantId,
        decisionId,
        campaignId,
        contactId,
        personId,
        n,
        toIso(of.at),
        of.verdict ?? 'allow',
        JSON.stringify(of.results),
      ],
    );
  });
}

/** What a rule says of a call that a consent allows. */
function resultsBy(eventId: string, type: string, params: object, more: object = {}): RuleResult[] {
  const calendars = bundledDocuments().filter((document) => document.kind === 'calendar');
  const policySet = compilePolicySet([pack([rule('x', type, params, more)]), ...calendars]);
  const given = facts({
    ...inZones('America/New_York'),
    consents: [{ purposes: ['marketing'], at: '2026-02-01T00:00:00Z' }],
  });
  const [consent] = given.consents;
  const seen = {
    ...given,
    technology: { ...given.technology, artificialVoice: true },
    consents: [{ ...consent!, eventId, technologies: ['artificial_voice' as const], widens: ['x'] }],
  };
  const { verdict, results } = evaluate({ policySet, facts: seen, at: NOW, horizonMs: 0 });
  expect(verdict.kind, JSON.stringify(results)).toBe('allow');
  return [...results];
}
const EXPRESS = ['consent', { level: 'express' }] as const;

async function lastUsed({ personId }: Someone): Promise<Record<string, string | null>> {
  const { body } = await rig.call('GET', `/v1/persons/${personId}/consents`);
  const items = body.items as unknown as { id: string; lastUsedAt: string | null }[];
  const told = Object.fromEntries(items.map(({ id, lastUsedAt }) => [id, lastUsedAt]));
  const exported = await rig.call('GET', `/v1/consent-records?personId=${personId}`);
  for (const { recordId, calls } of exported.body.items as unknown as ExchangedRecord[]) {
    expect(calls.lastUsedAt).toBe(told[recordId]);
  }
  const person = await rig.call('GET', `/v1/persons/${personId}`);
  const { consents } = person.body as unknown as { consents: typeof items };
  expect(Object.fromEntries(consents.map(({ id, lastUsedAt }) => [id, lastUsedAt]))).toEqual(told);
  return told;
}

test('a consent was last used when a call was last allowed that relied on it; the others were not', async () => {
  const who = await someone();
  const [used, unused] = [await grant(who), await grant(who, { source: 'other' })];
  expect(await lastUsed(who)).toEqual({ [used]: null, [unused]: null });
  await decide(who, { at: NOW - 2 * HOUR, results: resultsBy(used, ...EXPRESS) });
  await decide(who, { at: NOW - HOUR, results: resultsBy(used, ...EXPRESS) });
  await decide(who, { at: NOW - 3 * HOUR, results: resultsBy(used, ...EXPRESS) });
  expect(await lastUsed(who)).toEqual({ [used]: toIso(NOW - HOUR), [unused]: null });
});

// At NOW it is 21:00 in New York, the evening before.
const DAY = { windows: { daily: ['09:00-20:00'] } };
const EXEMPTION = {
  ...{ kind: 'consent', level: 'express', why: 'they agreed to it', confidence: 'P' },
  citation: { instrument: 'made up for a test', article: '1', url: null, checkedOn: '2026-11-22' },
};

test.each<[string, string, object, object]>([
  ['asks for it', 'consent', { level: 'express' }, {}],
  [
    'asks for it to name the kind of call',
    'technology_consent',
    { technologies: ['artificial_voice'], level: 'express' },
    {},
  ],
  [
    'has its hours widened by it',
    'calling_window',
    { ...DAY, widenedWindows: { daily: ['20:00-22:00'] } },
    {},
  ],
  ['is lifted by it', 'calling_window', DAY, { exemptions: [EXEMPTION] }],
])('a call relied on a consent where a rule %s', async (_what, type, params, more) => {
  const who = await someone();
  const used = await grant(who);
  await decide(who, { at: NOW, results: resultsBy(used, type, params, more) });
  expect(await lastUsed(who)).toEqual({ [used]: toIso(NOW) });
});

test('what was not allowed, or surely never rang, is no use', async () => {
  const who = await someone();
  const used = await grant(who);
  const results = resultsBy(used, ...EXPRESS);
  await decide(who, { at: NOW - 2 * HOUR, results, verdict: 'deny' });
  await decide(who, { at: NOW - HOUR, results, state: 'revoked' });
  await decide(who, { at: NOW - HOUR, results, state: 'abandoned' });
  expect(await lastUsed(who)).toEqual({ [used]: null });
  await decide(who, { at: NOW - 3 * HOUR, results, state: 'unknown' });
  expect(await lastUsed(who)).toEqual({ [used]: toIso(NOW - 3 * HOUR) });
});

test('a use stays where the consent was withdrawn since', async () => {
  const who = await someone();
  const used = await grant(who);
  await decide(who, { at: NOW - HOUR, results: resultsBy(used, ...EXPRESS) });
  await rig.call('POST', `/v1/persons/${who.personId}/withdrawals`, { source: 'hotline' });
  const told = await lastUsed(who);
  expect(told[used]).toBe(toIso(NOW - HOUR));
  expect(Object.values(told)).toContain(null);
});

test('last uses are found by the persons’ index, however many calls there were', async () => {
  const who = await someone();
  const used = await grant(who);
  await decide(who, { at: NOW - HOUR, results: resultsBy(used, ...EXPRESS) });
  const plan = await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query(
      `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                              horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
       SELECT $1, md5('d' || i)::uuid, $2, md5('c' || i)::uuid, md5('p' || i / 5)::uuid, 'dial', 1, now(), now(), 0,
              'allow', NULL, '{}', 'x', 'x', '{}', 'x', '[]' FROM generate_series(1, 20000) i`,
      [tx.tenantId, campaignId],
    );
    await tx.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                             rang_at, conversation)
       SELECT $1, md5('c' || i)::uuid || '/1', md5('c' || i)::uuid, $2, md5('p' || i / 5)::uuid, '\\x00', 1, 1,
              md5('d' || i)::uuid, 'marketing', 'voice', $2, 'ended', 1, now(), now(), now(), now(), false
       FROM generate_series(1, 20000) i`,
      [tx.tenantId, campaignId],
    );
    const others = Array.from({ length: 20 }, () => uuidv7());
    const rows = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${LAST_USE}`, [
      tx.tenantId,
      [used, ...others],
      [who.personId, ...others],
      COUNTED_ATTEMPT_STATES,
    ]);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
  expect(plan).toContain('attempts_person');
  expect(plan).toContain('decisions_tenant_id_id_pk');
  expect(plan).not.toMatch(/Seq Scan on (attempts|decisions)/);
});
