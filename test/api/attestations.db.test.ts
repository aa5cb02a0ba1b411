import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCampaign, addCarrier, addContact, createRig, type Rig } from './rig.ts';
import { readFactsOf, readLists } from '../../gate/facts-batch.ts';
import { readFactsAt } from '../../gate/facts-at.ts';
import { readDossier } from '../../gate/dossier.ts';
import { askedOf } from '../../gate/explain.ts';
import { readContactStanding } from '../../gate/standing.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import type { DialFacts } from '../../domain/facts.ts';
import { HOUR_MS, toIso } from '../../domain/time.ts';

let rig: Rig;
let campaignId: string;
let contactId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { callerId: '+12025550100' });
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query(
      `UPDATE campaigns SET carrier_id = (SELECT id FROM carriers LIMIT 1) WHERE tenant_id = $1`,
      [tx.tenantId],
    );
  });
  contactId = (await addContact(rig, { campaignId, number: '+12025550111' })).contactId;
});
afterAll(() => rig.close());

/** The same facts by all three readers, which must agree. */
async function facts(): Promise<DialFacts> {
  return rig.db.inTenant(rig.tenantId, async (tx) => {
    const at = rig.clock.now();
    const gate = (await readDossier(tx, contactId, at))!.facts;
    const campaign = (await campaignById(tx, campaignId))!;
    const [batched] = await readFactsOf(tx, campaign, await readLists(tx), [contactId], at);
    const contact = (await readContactStanding(tx, contactId, null))!;
    expect(batched!.facts).toEqual(gate);
    expect(await readFactsAt(tx, campaign, askedOf(contact), at, at)).toEqual(gate);
    return gate;
  });
}

const add = (body: object) => rig.call('POST', '/v1/attestations', body);

describe('what is attested', () => {
  test('is a fact of the next decision, for all who read facts alike, until it is retracted', async () => {
    const made = await add({ kind: 'registration', name: 'cn-telemarketing', detail: { templateId: 'T-1' } });
    expect(made.status).toBe(201);
    const { id } = made.body as unknown as { id: string };
    expect((await facts()).attestations).toMatchObject([
      { attestationId: id, kind: 'registration', name: 'cn-telemarketing', detail: { templateId: 'T-1' } },
    ]);
    const gone = await rig.call('POST', `/v1/attestations/${id}/retract`, { reason: 'lapsed' });
    expect(gone.status).toBe(200);
    expect((await facts()).attestations).toEqual([]);
    const again = await rig.call('POST', `/v1/attestations/${id}/retract`);
    expect(again.body).toEqual(gone.body);
    const changes = await rig.call('GET', `/v1/changes?resourceId=${id}`);
    expect(changes.body.items.map((one) => one['action'])).toEqual(['retractAttestation', 'addAttestation']);
  });

  test('of a feed the newest reading counts, and the older ones stay as evidence', async () => {
    const from = toIso(rig.clock.now() - HOUR_MS);
    await add({ kind: 'emergency_feed', name: 'us-fema', validFrom: from });
    await add({ kind: 'emergency_feed', name: 'us-fema' });
    const feeds = (await facts()).attestations.filter(({ kind }) => kind === 'emergency_feed');
    expect(feeds.map(({ validFrom }) => validFrom)).toEqual([rig.clock.now()]);
    const listed = await rig.call('GET', '/v1/attestations?kind=emergency_feed');
    expect(listed.body.items).toHaveLength(2);
    const counting = await rig.call('GET', '/v1/attestations?kind=emergency_feed&state=in_force');
    expect(counting.body.items).toHaveLength(1);
  });

  test('a proof of a caller id is read where that number is shown, by its pseudonym, and of no other', async () => {
    const mine = await add({ kind: 'caller_id', number: '+12025550100' });
    await add({ kind: 'caller_id', number: '+12025550101' });
    const read = await facts();
    expect(read.callerId).toMatchObject({ country: 'US', prefix: '202555' });
    const proofs = read.attestations.filter(({ kind }) => kind === 'caller_id');
    expect(proofs.map(({ name }) => name)).toEqual([read.callerId!.pseudonym]);
    expect(JSON.stringify([mine.body, read])).not.toContain('2025550100');
  });

  test('what does not fit its kind is refused, by the name of the field', async () => {
    const bad = [
      [{ kind: 'transfer', name: 'crm' }, 'detail.exports'],
      [{ kind: 'caller_id', name: 'x' }, 'number'],
      [{ kind: 'registration', number: '+12025550100', name: 'x' }, 'number'],
      [{ kind: 'registration', name: 'x', jurisdiction: 'china' }, 'jurisdiction'],
    ] as const;
    for (const [body, field] of bad) {
      const answer = await add(body);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).toContain(`"${field}"`);
    }
  });
});

test('a line is of the vendor it was said to be of, else of its kind', async () => {
  expect((await facts()).line.vendor).toBe('simulator');
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(`UPDATE carriers SET vendor = 'alibaba' WHERE tenant_id = $1`, [tx.tenantId]),
  );
  expect((await facts()).line.vendor).toBe('alibaba');
});

test('an entry says what it is limited to; added again for more channels it covers them, and of two categories neither limits it', async () => {
  const entry = { number: '+12025550111', list: 'in-pref', channels: ['voice'], category: 'banking' };
  await rig.call('POST', '/v1/suppressions', entry);
  expect((await facts()).suppressions).toMatchObject([{ channels: ['voice'], category: 'banking' }]);
  await rig.call('POST', '/v1/suppressions', { ...entry, channels: [], category: 'health' });
  expect((await facts()).suppressions).toMatchObject([{ channels: [], category: null }]);
});
