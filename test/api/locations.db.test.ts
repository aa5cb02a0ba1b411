import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCampaign, addCarrier, addContact, createRig, NOW, type Answer, type Rig } from './rig.ts';
import { cohortOf } from '../../db/repositories/hopper.ts';
import type { LocationEvidence } from '../../domain/facts.ts';
import { MINUTE_MS, toIso } from '../../domain/time.ts';
import { readDossier } from '../../gate/dossier.ts';
import { bundledDocuments, compilePolicySet, evaluate, locateNumber } from '../../policies/index.ts';

const REASON = 'moved away, told on the hotline';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { name: 'M' });
  await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
});
afterAll(() => rig.close());

interface Located {
  readonly locations: readonly { readonly id: string; readonly source: string }[];
  readonly retracted: readonly { readonly id: string }[];
  readonly lookedAtAgain: number;
  readonly items: readonly (LocationEvidence & { readonly id: string; readonly retractable: boolean })[];
}
const of = (answer: Answer) => answer.body as unknown as Located;

/** Numbers of nobody yet. */
let taken = 101;
/** Somebody in China who consented, whom the bundled packs let be called at NOW. */
async function someone(state?: { state: string; stateReason: string }) {
  const number = `+8619900000${taken++}`;
  const ids = await addContact(rig, { campaignId, number, ...state });
  const { country, locations } = locateNumber(number);
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query('UPDATE person_numbers SET country = $2, locations = $3 WHERE person_id = $1', [
      ids.personId,
      country,
      JSON.stringify(locations),
    ]);
  });
  await rig.call('POST', `/v1/persons/${ids.personId}/consents`, {
    purposes: ['marketing'],
    source: 'web',
    occurredAt: '2026-03-01T09:00:00+08:00',
  });
  return ids;
}
const locate = async (personId: string, body: object) => {
  const before = new Set(of(await list(personId)).items.map(({ id }) => id));
  const answer = await rig.call('POST', `/v1/persons/${personId}/locations`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return of(answer)
    .locations.map(({ id }) => id)
    .filter((id) => !before.has(id));
};
const list = (personId: string) => rig.call('GET', `/v1/persons/${personId}/locations`);
const retract = (personId: string, ids: readonly string[], reason = REASON) =>
  rig.call('POST', `/v1/persons/${personId}/locations/retract`, { ids, reason });

const policySet = compilePolicySet(bundledDocuments());
/** What the gate would decide now. */
async function verdict(contactId: string): Promise<string> {
  const at = rig.clock.now();
  const { facts } = (await rig.db.inTenant(rig.tenantId, (tx) => readDossier(tx, contactId, at)))!;
  const { verdict, reasons } = evaluate({ policySet, facts, at, horizonMs: 0 });
  return [verdict.kind, ...reasons].join(' ');
}
const FLORIDA = { source: 'address', jurisdiction: 'US-FL' };

describe('evidence of where a person is', () => {
  test('is listed with ids that say the same of the same evidence, and with what can be taken back', async () => {
    const { personId } = await someone();
    const added = await locate(personId, FLORIDA);
    expect(added).toHaveLength(2);
    const { items } = of(await list(personId));
    expect(items.filter(({ retractable }) => retractable)).toEqual([
      {
        id: added[0],
        jurisdiction: 'US-FL',
        zone: 'America/New_York',
        source: 'address',
        confidence: 'high',
        recordedAt: toIso(NOW),
        retractable: true,
      },
      expect.objectContaining({ id: added[1], zone: 'America/Chicago' }),
    ]);
    expect(items.some(({ source, retractable }) => source === 'prefix' && !retractable)).toBe(true);
    await retract(personId, added);
    rig.clock.advance(MINUTE_MS);
    expect(await locate(personId, FLORIDA)).toEqual(added);
    rig.clock.advance(-MINUTE_MS);
    expect((await rig.callOther('GET', `/v1/persons/${personId}/locations`)).status).toBe(404);
  });

  test('taken back is asked for no more by the next decision', async () => {
    const { personId, contactId } = await someone();
    expect(await verdict(contactId)).toBe('allow');
    const added = await locate(personId, FLORIDA);
    expect(await verdict(contactId)).toMatch(/^(deny|defer) /);
    const answer = await retract(personId, added);
    expect(answer).toMatchObject({ status: 200, body: { retracted: [{ id: added[0] }, { id: added[1] }] } });
    expect(await verdict(contactId)).toBe('allow');
  });

  test('taken back makes nothing possible that other evidence still forbids', async () => {
    const { personId, contactId } = await someone();
    const address = await locate(personId, FLORIDA);
    const forbidden = await verdict(contactId);
    const [billing] = await locate(personId, { ...FLORIDA, source: 'billing', zone: 'America/New_York' });
    await retract(personId, address);
    expect(await verdict(contactId)).toBe(forbidden);
    await retract(personId, [billing!]);
    expect(await verdict(contactId)).toBe('allow');
  });

  test('that the number itself gives cannot be taken back, nor can what is not there, and nothing is by halves', async () => {
    const { personId, contactId } = await someone();
    const other = await someone();
    const added = await locate(personId, FLORIDA);
    const ofOther = await locate(other.personId, FLORIDA);
    const prefix = of(await list(personId)).items.find(({ source }) => source === 'prefix')!.id;
    const before = [await verdict(contactId), of(await list(personId)).items];
    for (const [wrong, what] of [
      [prefix, 'number itself'],
      [ofOther[0]!, 'no evidence on record'],
    ] as const) {
      const answer = await retract(personId, [added[0]!, wrong]);
      expect(answer.status).toBe(400);
      expect(answer.body.faults).toMatchObject([
        { field: 'ids.1', fault: expect.stringContaining(what) as string },
      ]);
      expect([await verdict(contactId), of(await list(personId)).items]).toEqual(before);
    }
    expect((await retract('00000000-0000-7000-8000-000000000000', added)).status).toBe(404);
    expect((await retract(personId, added, 'because')).body.faults).toMatchObject([{ field: 'reason' }]);
  });

  test('taken back is a change on record with who, why and what it was; by those alone who may', async () => {
    const { personId } = await someone();
    const added = await locate(personId, FLORIDA);
    const path = `/v1/persons/${personId}/locations/retract`;
    for (const role of ['manager', 'operator', 'agent', 'auditor'] as const) {
      expect((await rig.callAs(role, 'POST', path, { ids: added, reason: REASON })).status, role).toBe(403);
    }
    expect((await rig.callAs('compliance', 'POST', path, { ids: added, reason: REASON })).status).toBe(200);
    const { body } = await rig.call('GET', '/v1/changes?action=retractLocations&limit=1');
    expect(body.items).toMatchObject([
      {
        resource: 'person',
        resourceId: personId,
        reason: REASON,
        before: { locations: [{ jurisdiction: 'US-FL', source: 'address' }, { jurisdiction: 'US-FL' }] },
        after: { retracted: 2 },
      },
    ]);
  });

  test('taken back is still seen by an explanation of an earlier instant', async () => {
    const { personId, contactId } = await someone();
    const added = await locate(personId, FLORIDA);
    const during = rig.clock.now();
    rig.clock.advance(MINUTE_MS);
    await retract(personId, added);
    const explained = async (at: number) =>
      JSON.stringify(
        (await rig.call('GET', `/v1/contacts/${contactId}/explanation?at=${encodeURIComponent(toIso(at))}`))
          .body,
      );
    expect(await explained(during)).toContain('US-FL');
    expect(await explained(rig.clock.now())).not.toContain('US-FL');
    rig.clock.advance(-MINUTE_MS);
  });
});

describe('contacts of a person whose place is taken back', () => {
  const stateOf = async (contactId: string) => {
    const [row] = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query<{ state: string; state_reason: string; ready_at: number; cohort: string; rank: number }>(
        'SELECT state, state_reason, ready_at, cohort, rank FROM contacts WHERE id = $1',
        [contactId],
      ),
    );
    return row!;
  };
  const putOff = (contactId: string, reason: string | null, rank = 24) =>
    rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('UPDATE contacts SET ready_at = $2, state_reason = $3, rank = $4 WHERE id = $1', [
        contactId,
        toIso(NOW + 60 * MINUTE_MS),
        reason,
        rank,
      ]),
    );

  test('are looked at again where a rule denied them or put them off, in the cohort of what is left', async () => {
    const denied = await someone({ state: 'denied', stateReason: 'jurisdiction.uncovered' });
    const added = await locate(denied.personId, FLORIDA);
    expect(of(await retract(denied.personId, added)).lookedAtAgain).toBe(1);
    expect(await stateOf(denied.contactId)).toMatchObject({
      state: 'waiting',
      state_reason: 'place.retracted',
      ready_at: NOW,
      rank: 24,
    });

    const deferred = await someone();
    const [zone] = await locate(deferred.personId, { source: 'declared', zone: 'America/New_York' });
    await putOff(deferred.contactId, 'window.closed');
    expect(of(await retract(deferred.personId, [zone!])).lookedAtAgain).toBe(1);
    const left = of(await list(deferred.personId)).items;
    expect(await stateOf(deferred.contactId)).toMatchObject({ ready_at: NOW, cohort: cohortOf('CN', left) });
  });

  test.each([
    ['a retry’s delay', 'retry.busy', 24],
    ['an instant that was given', null, 24],
    ['a promised callback', 'window.closed', 4],
  ])('keep waiting for %s', async (_what, reason, rank) => {
    const { personId, contactId } = await someone();
    const added = await locate(personId, FLORIDA);
    await putOff(contactId, reason, rank);
    expect(of(await retract(personId, added)).lookedAtAgain).toBe(0);
    expect(await stateOf(contactId)).toMatchObject({
      state_reason: reason,
      ready_at: NOW + 60 * MINUTE_MS,
      rank,
    });
  });
});
