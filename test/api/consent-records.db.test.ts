import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';
import { v7 as uuidv7 } from 'uuid';
import { campaignById } from '../../db/repositories/campaigns.ts';
import type { DialFacts } from '../../domain/facts.ts';
import { readDossier } from '../../gate/dossier.ts';
import { askedOf } from '../../gate/explain.ts';
import { readFactsAt } from '../../gate/facts-at.ts';
import { readFactsOf, readLists } from '../../gate/facts-batch.ts';
import { readContactStanding } from '../../gate/standing.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';
import { facts, inZones, pack, rule } from '../policies/support.ts';

const NOTICE = {
  id: 'web-signup',
  version: 1,
  language: 'en',
  title: 'Calls about offers',
  text: 'We, Example Ltd, may call you about offers.',
  items: ['purpose_and_method', 'handler_name_and_contact'],
};
const TEXT_SHA256 = createHash('sha256').update(NOTICE.text).digest('hex');
const NUMBER = '+12025550120';

let rig: Rig;
let campaignId: string;
let someone: { personId: string; contactId: string };
let guardian: { personId: string; contactId: string };
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { name: 'M' });
  someone = await addContact(rig, { campaignId, number: NUMBER });
  guardian = await addContact(rig, { campaignId, number: '+12025550121' });
  await rig.call('POST', '/v1/consent-notices', NOTICE);
});
afterAll(() => rig.close());

const grant = (body: object, personId = someone.personId) =>
  rig.call('POST', `/v1/persons/${personId}/consents`, { purposes: ['marketing'], source: 'web', ...body });

describe('a notice', () => {
  test('is published once: the same again is the same, other content is a conflict', async () => {
    const again = await rig.call('POST', '/v1/consent-notices', NOTICE);
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ textSha256: TEXT_SHA256, publishedAt: new Date(NOW).toISOString() });
    for (const change of [{ text: 'Another.' }, { title: 'Another' }, { language: 'de' }, { items: [] }]) {
      const other = await rig.call('POST', '/v1/consent-notices', { ...NOTICE, ...change });
      expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } });
    }
    const { body } = await rig.call('GET', '/v1/consent-notices');
    expect(body.items).toMatchObject([{ id: 'web-signup', version: 1, text: NOTICE.text }]);
  });

  test('publishing is a change on record, for those who answer for it alone', async () => {
    const { body } = await rig.call('GET', '/v1/changes?action=publishNotice');
    expect(body.items).toMatchObject([{ resource: 'consent_notice', resourceId: 'web-signup@1' }]);
    const refused = await rig.callAs('manager', 'POST', '/v1/consent-notices', { ...NOTICE, version: 2 });
    expect(refused.status).toBe(403);
  });

  test('a version is neither altered nor taken away by the application', async () => {
    const change = (sql: string) => rig.db.inTenant(rig.tenantId, (tx) => tx.query(sql));
    await expect(change("UPDATE consent_notices SET text = 'x'")).rejects.toThrow();
    await expect(change('DELETE FROM consent_notices')).rejects.toThrow();
  });
});

describe('a grant', () => {
  test('with all its parts is told as it was recorded, and is the same consent when sent again', async () => {
    const first = await grant({});
    const renewed = (first.body as unknown as { eventId: string }).eventId;
    const given = {
      level: 'guardian',
      occurredAt: '2026-03-02T01:00:00Z',
      expiresAt: '2027-03-02T01:00:00Z',
      seller: 'Example Ltd',
      technologies: ['artificial_voice'],
      separate: ['sensitive'],
      guardianPersonId: guardian.personId,
      forNumber: NUMBER,
      ownershipVerifiedAt: '2026-03-01T00:00:00Z',
      renews: renewed,
      notice: { id: 'web-signup', version: 1 },
      record: { dataKinds: ['telephone_number'], retention: 'P3Y' },
    };
    const answer = await grant(given);
    expect(answer.status).toBe(201);
    expect((await grant(given)).status).toBe(200);
    const { body } = await rig.call('GET', `/v1/persons/${someone.personId}/consents`);
    const { eventId } = answer.body as unknown as { eventId: string };
    expect(body.items.find((one) => one.id === eventId)).toMatchObject({
      seller: 'Example Ltd',
      technologies: ['artificial_voice'],
      separate: ['sensitive'],
      guardianPersonId: guardian.personId,
      forNumber: true,
      renews: renewed,
      evidenceHash: TEXT_SHA256,
      notice: { id: 'web-signup', version: 1 },
      record: { dataKinds: ['telephone_number'], retention: 'P3Y' },
    });
  });

  test.each([
    ['guardianPersonId', () => ({ level: 'guardian' })],
    ['guardianPersonId', () => ({ level: 'guardian', guardianPersonId: someone.personId })],
    ['guardianPersonId', () => ({ level: 'guardian', guardianPersonId: uuidv7() })],
    ['expiresAt', () => ({ occurredAt: '2026-03-01T00:00:00Z', expiresAt: '2026-03-01T00:00:00Z' })],
    ['notice', () => ({ notice: { id: 'web-signup', version: 9 } })],
    ['evidenceHash', () => ({ notice: { id: 'web-signup', version: 1 }, evidenceHash: 'ab'.repeat(32) })],
    ['purposes', () => ({ separate: ['sensitive'], purposes: ['marketing', 'survey'] })],
    ['separate', () => ({ separate: ['sensitive', 'export'] })],
    ['forNumber', () => ({ forNumber: '+12025550121' })],
    ['renews', () => ({ renews: uuidv7() })],
    ['ownershipVerifiedAt', () => ({ ownershipVerifiedAt: '2026-03-03T00:00:00Z', seller: 'x' })],
  ])('with a bad %s is refused by its field, and nothing is recorded', async (field, body) => {
    const count = () =>
      rig.db.inTenant(rig.tenantId, (tx) => tx.query('SELECT id FROM consent_events ORDER BY id'));
    const before = await count();
    const answer = await grant(body());
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toEqual([field]);
    expect(await count()).toEqual(before);
  });
});

describe('the gate', () => {
  const calendars = bundledDocuments().filter((document) => document.kind === 'calendar');

  /** The person's facts as every reader reads them, which must agree. */
  async function factsOf(contactId: string): Promise<DialFacts> {
    return rig.db.inTenant(rig.tenantId, async (tx) => {
      const gate = (await readDossier(tx, contactId, NOW))!.facts;
      const campaign = (await campaignById(tx, campaignId))!;
      const [batched] = await readFactsOf(tx, campaign, await readLists(tx), [contactId], NOW);
      expect(batched!.facts).toEqual(gate);
      const contact = (await readContactStanding(tx, contactId, null))!;
      expect(await readFactsAt(tx, campaign, askedOf(contact), NOW, NOW)).toEqual(gate);
      return gate;
    });
  }

  /** Numbers of nobody yet. */
  let taken = 130;
  const newNumber = () => `+12025550${taken++}`;
  test.each([
    [
      'a bound seller',
      { type: 'consent', params: { level: 'express', sellerBound: true } },
      { seller: 'Acme' },
      { seller: 'Example Ltd' },
    ],
    [
      'a separate matter',
      { type: 'consent', params: { level: 'express', separate: 'sensitive' } },
      { separate: ['export'] },
      { separate: ['sensitive'] },
    ],
    [
      'the number called',
      { type: 'consent', params: { level: 'express', forNumber: true } },
      { forNumber: 'other' },
      { forNumber: 'called' },
    ],
    [
      'a kind of call',
      { type: 'technology_consent', params: { level: 'express', technologies: ['artificial_voice'] } },
      { technologies: ['prerecorded'] },
      { technologies: ['artificial_voice'] },
    ],
  ])('decides %s by the consent on record', async (_what, of, other, right) => {
    const [called, alsoTheirs] = [newNumber(), newNumber()];
    const stated = (parts: object) =>
      'forNumber' in parts ? { forNumber: parts.forNumber === 'called' ? called : alsoTheirs } : parts;
    const { personId, contactId } = await addContact(rig, { campaignId, number: called });
    await rig.db.inTenant(rig.tenantId, async (tx) => {
      await tx.query(
        `INSERT INTO person_numbers (tenant_id, number_hash, person_id, sealed_number, country, number_type, is_primary,
                                     locations, created_real)
         SELECT tenant_id, $2, person_id, sealed_number, country, number_type, false, locations, now()
         FROM person_numbers WHERE person_id = $1 LIMIT 1 ON CONFLICT DO NOTHING`,
        [personId, rig.vault.numberHash(rig.tenantId, alsoTheirs)],
      );
    });
    const policySet = compilePolicySet([pack([rule('x', of.type, of.params)]), ...calendars]);
    const verdict = async () => {
      const read = await factsOf(contactId);
      const technology = { ...read.technology, artificialVoice: true };
      // Where the person is is none of this test's matter.
      const { locations } = facts(inZones('America/New_York'));
      const seen = { ...read, locations, seller: 'Example Ltd', technology };
      const { verdict, reasons } = evaluate({ policySet, facts: seen, at: NOW, horizonMs: 0 });
      return [verdict.kind, ...reasons].join(' ');
    };
    const said = { occurredAt: '2026-03-01T00:00:00Z' };
    expect((await grant({ ...said, ...stated(other) }, personId)).status).toBe(201);
    expect(await verdict()).toBe('deny no.x.not_covering');
    expect((await grant({ ...said, ...stated(right) }, personId)).status).toBe(201);
    expect(await verdict()).toBe('allow');
  });
});
