import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCampaign, addCarrier, createRig, NOW, type Answer, type Rig } from './rig.ts';
import { DAY_MS, toIso } from '../../domain/time.ts';
import { bundledDocuments, compilePolicySet, evaluate, toStored } from '../../policies/index.ts';
import { readDossier } from '../../gate/dossier.ts';
import { pack, rule } from '../policies/support.ts';
import { addWaiting } from './waiting.ts';

const documents = [
  ...bundledDocuments().filter((document) => document.kind === 'calendar'),
  pack([
    rule('aged', 'consent', { level: 'express', maxAgeDays: 100 }),
    rule('renewed', 'consent', { level: 'implied', renewAfterDays: 60 }),
    rule('elsewhere', 'consent', { level: 'express', maxAgeDays: 61 }, { jurisdiction: ['US'] }),
  ]),
];
const policySet = compilePolicySet(documents);

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig({
    defaultPolicySet: () => ({ hash: policySet.hash, documents: documents.map(toStored) }),
  });
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { name: 'M' });
});
afterAll(() => rig.close());

let taken = 101;
/** Somebody whose consent was given so many days ago. */
async function someone(daysAgo: number, more: object = {}, plan = '+8619900000') {
  const ids = await addWaiting(rig, { campaignId, number: `${plan}${taken++}`, consent: false });
  const { body } = await rig.call('POST', `/v1/persons/${ids.personId}/consents`, {
    purposes: ['marketing'],
    channels: ['voice'],
    source: 'web',
    occurredAt: toIso(NOW - daysAgo * DAY_MS),
    ...more,
  });
  return { ...ids, consentId: (body as unknown as { eventId: string }).eventId };
}
interface Due {
  readonly contactId: string;
  readonly asked: readonly { readonly rule: string; readonly what: string; readonly dueAt: string }[];
  readonly daysLeft: number;
}
const list = (query = '') => rig.call('GET', `/v1/campaigns/${campaignId}/consents/due${query}`);
const items = (answer: Answer) => answer.body.items as unknown as readonly Due[];
const dueOf = async (contactId: string, query = '?limit=500') =>
  items(await list(query)).find((one) => one.contactId === contactId);
const in_ = (days: number) => toIso(NOW + days * DAY_MS);

describe('consents that the rules of a campaign go by', () => {
  test('are due when a rule’s age of consents is reached, or it wants them renewed, before their own end', async () => {
    const { contactId, personId, consentId } = await someone(70, { expiresAt: in_(25) });
    expect(await dueOf(contactId)).toEqual({
      contactId,
      personId,
      consentId,
      dueAt: in_(-10),
      daysLeft: -10,
      asked: [
        { pack: 'test-law', rule: 'renewed', what: 'renew', dueAt: in_(-10) },
        { pack: 'test-law', rule: 'aged', what: 'ends', dueAt: in_(25) },
        { pack: 'test-law', rule: 'renewed', what: 'ends', dueAt: in_(25) },
      ],
    });
    const aged = await someone(90);
    expect((await dueOf(aged.contactId))!.asked).toMatchObject([
      { rule: 'renewed', what: 'renew', dueAt: in_(-30) },
      { rule: 'aged', what: 'ends', dueAt: in_(10) },
    ]);
  });

  test('are listed within the days that are asked for alone, and by the rules that bind the contact alone', async () => {
    const fresh = await someone(10);
    expect(await dueOf(fresh.contactId)).toBeUndefined();
    expect((await dueOf(fresh.contactId, '?limit=500&withinDays=50'))!.asked).toMatchObject([
      { rule: 'renewed', what: 'renew', dueAt: in_(50) },
    ]);
    const abroad = await someone(55, {}, '+12025550');
    expect((await dueOf(abroad.contactId, '?limit=500&withinDays=6'))!.asked).toMatchObject([
      { rule: 'renewed', what: 'renew', dueAt: in_(5) },
      { rule: 'elsewhere', what: 'ends', dueAt: in_(6) },
    ]);
    expect((await list('?withinDays=0')).status).toBe(400);
  });

  test('end when the decision says: a millisecond before the rule passes, and then it denies', async () => {
    const { contactId } = await someone(95);
    const ends = Date.parse((await dueOf(contactId))!.asked.find(({ what }) => what === 'ends')!.dueAt);
    for (const [at, outcome] of [
      [ends - 1, 'pass'],
      [ends, 'deny'],
    ] as const) {
      const { facts } = (await rig.db.inTenant(rig.tenantId, (tx) => readDossier(tx, contactId, at)))!;
      const { results } = evaluate({ policySet, facts, at, horizonMs: 0 });
      expect(results.find((one) => one.rule === 'aged')!.outcome).toBe(outcome);
    }
  });

  test('are none of those who withdrew, or renewed, or wait no more', async () => {
    const withdrawn = await someone(95);
    await rig.call('POST', `/v1/persons/${withdrawn.personId}/withdrawals`, { source: 'hotline' });
    const renewed = await someone(95);
    expect(await dueOf(renewed.contactId)).toBeDefined();
    await rig.call('POST', `/v1/persons/${renewed.personId}/consents`, {
      purposes: ['marketing'],
      source: 'web',
      renews: renewed.consentId,
    });
    const over = await someone(95);
    await rig.call('POST', `/v1/contacts/${over.contactId}/stop`);
    for (const { contactId } of [withdrawn, renewed, over]) expect(await dueOf(contactId)).toBeUndefined();
  });

  test('are read in pages to the end, each once; of another tenant nothing is seen', async () => {
    const all = items(await list('?limit=500')).map(({ contactId }) => contactId);
    expect(all.length).toBeGreaterThan(3);
    const found: string[] = [];
    let next: string | number | null = null;
    do {
      const answer: Answer = await list(
        `?limit=2${next === null ? '' : `&after=${encodeURIComponent(next)}`}`,
      );
      expect(answer.body.items.length).toBeLessThanOrEqual(2);
      found.push(...items(answer).map(({ contactId }) => contactId));
      ({ next } = answer.body);
    } while (next !== null);
    expect(found).toEqual(all);
    expect((await rig.callOther('GET', `/v1/campaigns/${campaignId}/consents/due`)).status).toBe(404);
  });
});
