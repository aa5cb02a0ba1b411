import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addCampaign, addCarrier, createRig, type Rig } from './rig.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import type { DialFacts } from '../../domain/facts.ts';
import { DAY_MS, toIso } from '../../domain/time.ts';
import { readDossier } from '../../gate/dossier.ts';
import { askedOf } from '../../gate/explain.ts';
import { readFactsAt } from '../../gate/facts-at.ts';
import { readFactsOf, readLists } from '../../gate/facts-batch.ts';
import { readContactStanding } from '../../gate/standing.ts';
import { importContacts } from '../../imports/index.ts';
import { compilePolicySet, evaluate, locateParsed } from '../../policies/index.ts';
import { pack, resultOf, rule } from '../policies/support.ts';

/** What files and requests say of a contact's matter, up to what a rule makes of it. */

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

async function campaign(): Promise<string> {
  const id = await addCampaign(rig, { callerId: '+12025550100' });
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(`UPDATE campaigns SET carrier_id = (SELECT id FROM carriers LIMIT 1) WHERE tenant_id = $1`, [
      tx.tenantId,
    ]),
  );
  return id;
}

const take = (campaignId: string, text: string) =>
  importContacts(
    { db: rig.db, vault: rig.vault, clock: rig.clock, locateParsed },
    {
      tenantId: rig.tenantId,
      campaignId,
      source: { name: 'contacts.csv', open: () => Readable.from([Buffer.from(text)]) },
      importedBy: 'tester',
    },
  );

async function contactOf(campaignId: string, externalId: string): Promise<string> {
  const rows = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ id: string }>(
      'SELECT id FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND external_id = $3',
      [tx.tenantId, campaignId, externalId],
    ),
  );
  return rows[0]!.id;
}

/** By all three readers, which must agree. */
async function facts(campaignId: string, contactId: string, at = rig.clock.now()): Promise<DialFacts> {
  return rig.db.inTenant(rig.tenantId, async (tx) => {
    const gate = (await readDossier(tx, contactId, at))!.facts;
    const found = (await campaignById(tx, campaignId))!;
    const [batched] = await readFactsOf(tx, found, await readLists(tx), [contactId], at);
    const contact = (await readContactStanding(tx, contactId, null))!;
    expect(batched!.facts).toEqual(gate);
    expect(await readFactsAt(tx, found, askedOf(contact), at, at)).toEqual(gate);
    return gate;
  });
}

function said(type: string, params: object, of: DialFacts): string | null {
  const policySet = compilePolicySet([pack([rule('asked', type, params)])]);
  const result = resultOf(evaluate({ policySet, facts: of, at: rig.clock.now(), horizonMs: 0 }), 'asked');
  return result.outcome === 'pass' ? 'pass' : result.reason;
}

const HEADER = 'external_id,phone,relation,debtor_unreachable,birth_date,debt_ref,contract_since\n';
const COLLECTION = { thirdParty: 'if_debtor_unreachable' };

test('a third party in a file may be called only while the file says that the debtor cannot be reached', async () => {
  const campaignId = await campaign();
  const { counts } = await take(
    campaignId,
    `${HEADER}self,+12025550111,本人,,,,\nyes,+12025550112,third_party,yes,,,\nno,+12025550113,第三方,否,,,\n` +
      'unreadable,+12025550114,third_party,perhaps,,,\nunsaid,+12025550115,,,,,\n',
  );
  expect(counts).toMatchObject({ created: 5, issues: 1 });
  const verdicts: Record<string, string | null> = {};
  for (const id of ['self', 'yes', 'no', 'unreadable', 'unsaid']) {
    const read = await facts(campaignId, await contactOf(campaignId, id));
    verdicts[id] = said('contact_eligibility', COLLECTION, read);
  }
  expect(verdicts).toEqual({
    self: 'pass',
    yes: 'pass',
    no: 'no.asked.third_party',
    unreadable: 'no.asked.third_party',
    unsaid: 'no.asked.unknown',
  });
});

test('calls about one debt count together by the reference in the file, and it stands nowhere in the clear', async () => {
  const campaignId = await campaign();
  await take(campaignId, `${HEADER}a,+12025550121,,,1990-12-31,LOAN-77,2026-01-01T00:00:00Z\n`);
  const other = await campaign();
  await take(other, `${HEADER}b,+12025550121,,,,LOAN-78,\n`);
  const [mine, elsewhere] = [
    await facts(campaignId, await contactOf(campaignId, 'a')),
    await facts(other, await contactOf(other, 'b')),
  ];
  const call = {
    attemptId: 'x',
    campaignId,
    purpose: 'collection' as const,
    channel: 'voice' as const,
    number: mine.number.pseudonym,
    carrierId: mine.carrierId,
    vendor: null,
    subject: null,
    at: rig.clock.now() - 1,
    connectedAt: null,
    endedAt: rig.clock.now() - 1,
    conversation: false,
    outcome: 'no_answer' as const,
  };
  const cap = { count: 1, window: { rolling: { hours: 24 } }, unit: 'attempt', key: 'debt' };
  const after = (debt: string | null) => ({ ...mine, attempts: [{ ...call, debt }] });
  expect(said('frequency_cap', cap, after(mine.debt))).toBe('no.asked');
  expect(said('frequency_cap', cap, after(elsewhere.debt))).toBe('pass');
  expect(said('frequency_cap', cap, after(null))).toBe('no.asked');
  expect(mine.relationships).toEqual([
    { kind: 'contract', at: Date.parse('2026-01-01T00:00:00Z'), endedAt: null },
  ]);
  const rows = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ all: string }>('SELECT c::text AS all FROM contacts c WHERE campaign_id = $1', [campaignId]),
  );
  expect(JSON.stringify([rows, mine])).not.toMatch(/LOAN|1990|12-31/);
});

test('another file changes what it states and nothing else, and what was on record then is kept', async () => {
  const campaignId = await campaign();
  await take(campaignId, `${HEADER}a,+12025550131,self,,1990-12-31,D-1,\n`);
  const id = await contactOf(campaignId, 'a');
  const first = rig.clock.now();
  const before = await facts(campaignId, id);
  rig.clock.advance(DAY_MS);
  const again = await take(campaignId, 'external_id,phone,relation\na,+12025550131,third_party\n');
  expect(again.counts).toMatchObject({ updated: 1, unchanged: 0 });
  const read = await facts(campaignId, id);
  expect(read.callee).toEqual({ ...before.callee, relation: 'third_party' });
  expect(read.debt).toBe(before.debt);
  const known = await rig.db.inTenant(rig.tenantId, async (tx) => {
    const contact = (await readContactStanding(tx, id, null))!;
    return readFactsAt(tx, (await campaignById(tx, campaignId))!, askedOf(contact), first, first);
  });
  expect(known.callee.relation).toBe('self');
  const same = await take(campaignId, 'external_id,phone,relation,priority\na,+12025550131,third_party,5\n');
  expect(same.counts).toMatchObject({ updated: 0, unchanged: 1 });
});

test('a contact that has ended keeps its matter, whatever a file or a request says', async () => {
  const campaignId = await campaign();
  await take(campaignId, `${HEADER}a,+12025550141,self,,,,\n`);
  const id = await contactOf(campaignId, 'a');
  await rig.call('POST', `/v1/contacts/${id}/stop`, {});
  expect((await take(campaignId, `${HEADER}a,+12025550141,third_party,,,,\n`)).counts).toMatchObject({
    final: 1,
  });
  const answer = await rig.call('PATCH', `/v1/contacts/${id}/matter`, { relation: 'third_party' });
  expect([answer.status, answer.body.code]).toEqual([409, 'conflict']);
  expect((await facts(campaignId, id)).callee.relation).toBe('self');
});

test('a request records and corrects it, and the change log says so without birthdays or references', async () => {
  const campaignId = await campaign();
  await take(campaignId, 'external_id,phone\na,+12025550151\n');
  const id = await contactOf(campaignId, 'a');
  const path = `/v1/contacts/${id}/matter`;
  const put = await rig.call('PATCH', path, {
    kind: 'consumer',
    birthDate: '1990-12-31',
    relation: 'third_party',
    debtorUnreachable: true,
    debtRef: 'LOAN-77',
    lastInquiryAt: toIso(rig.clock.now()),
  });
  expect(put.status).toBe(200);
  expect(put.body).toMatchObject({ contactId: id, age: 'adult', relation: 'third_party' });
  const read = await facts(campaignId, id);
  expect(read.callee).toEqual({
    kind: 'consumer',
    age: 'adult',
    relation: 'third_party',
    debtorUnreachable: true,
  });
  await take(campaignId, `${HEADER}a,+12025550151,,,,LOAN-77,\n`);
  expect((await facts(campaignId, id)).debt).toBe(read.debt);
  await rig.call('PATCH', path, { birthDate: null, debtorUnreachable: null });
  expect((await facts(campaignId, id)).callee).toMatchObject({ age: null, debtorUnreachable: null });
  await rig.call('PATCH', path, { relation: 'third_party' });
  const changes = await rig.call('GET', `/v1/changes?resourceId=${id}`);
  expect(changes.body.items.map((one) => one.action)).toEqual(['changeMatter', 'changeMatter']);
  expect(JSON.stringify(changes.body.items)).not.toMatch(/LOAN|1990|12-31/);
});

test('what cannot be taken is refused by the name of the field, and nothing is recorded', async () => {
  const campaignId = await campaign();
  await take(campaignId, 'external_id,phone\na,+12025550161\n');
  const id = await contactOf(campaignId, 'a');
  const later = toIso(rig.clock.now() + DAY_MS);
  for (const [body, field] of [
    [{ birthDate: '31.12.1990' }, 'birthDate'],
    [{ birthDate: '2999-01-01' }, 'birthDate'],
    [{ relation: 'cousin' }, 'relation'],
    [{ debtorUnreachable: 'yes' }, 'debtorUnreachable'],
    [{ contractSince: later }, 'contractSince'],
    [{ contractSince: '2026-01-01T00:00:00Z', contractUntil: '2025-01-01T00:00:00Z' }, 'contractUntil'],
    [{ lastPurchaseAt: later }, 'lastPurchaseAt'],
    [{ debtRef: '' }, 'debtRef'],
  ] as const) {
    const answer = await rig.call('PATCH', `/v1/contacts/${id}/matter`, body);
    expect([field, answer.status]).toEqual([field, 400]);
    expect(answer.body.faults.map((fault) => fault.field)).toContain(field);
  }
  expect((await rig.call('GET', `/v1/changes?resourceId=${id}`)).body.items).toEqual([]);
});

test('a contact moved to another campaign takes it along', async () => {
  const campaignId = await campaign();
  const other = await campaign();
  await take(campaignId, `${HEADER}a,+12025550171,third_party,yes,,D-9,\n`);
  const id = await contactOf(campaignId, 'a');
  const before = await facts(campaignId, id);
  const moved = await rig.call('POST', `/v1/contacts/${id}/move`, { campaignId: other });
  expect(moved.status).toBe(201);
  const after = await facts(other, moved.body.contact.id);
  expect([after.callee, after.debt]).toEqual([before.callee, before.debt]);
});
