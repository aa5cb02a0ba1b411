import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

let next = 0;
const add = (campaignId: string, state: string, externalId: string) =>
  addContact(rig, {
    campaignId,
    number: `+120255501${String(next++).padStart(2, '0')}`,
    externalId,
    state,
  });

const contactsOf = (campaignId: string) =>
  rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{
      id: string;
      external_id: string;
      state: string;
      rank: number;
      attributes: Buffer | null;
      matter: { relation: string } | null;
    }>(
      'SELECT id, external_id, state, rank, attributes, matter FROM contacts WHERE campaign_id = $1 ORDER BY external_id',
      [campaignId],
    ),
  );

test('a clone is a draft of the same definition with its name and the changes asked for', async () => {
  const id = await addCampaign(rig, { retry: { maxAttempts: 5 }, maxConcurrentCalls: 7 });
  await rig.call('POST', `/v1/campaigns/${id}/start`);
  const answer = await rig.call('POST', `/v1/campaigns/${id}/clone`, {
    name: 'Second wave',
    changes: { maxConcurrentCalls: 9, retry: { maxAttempts: null } },
  });
  expect(answer.status).toBe(201);
  const clone = answer.body.campaign;
  expect(clone).toMatchObject({ name: 'Second wave', status: 'draft', revision: 1, startedAt: null });
  expect(clone.definition).toMatchObject({ maxConcurrentCalls: 9, retry: { maxAttempts: 3 } });
  expect(answer.headers.get('location')).toBe(`/v1/campaigns/${clone.id}`);
  expect(answer.headers.get('etag')).toBe('"1"');
  const changes = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ action: string; after: { clonedFrom: string } }>(
      'SELECT action, after FROM changes WHERE resource_id = $1',
      [clone.id],
    ),
  );
  expect(changes).toMatchObject([{ action: 'cloneCampaign', after: { clonedFrom: id } }]);
});

test('those nobody reached come along as fresh contacts, with what is known of them; those who spoke do not', async () => {
  const id = await addCampaign(rig);
  const waiting = await add(id, 'waiting', 'waiting');
  const exhausted = await add(id, 'exhausted', 'exhausted');
  await addAttempt(rig, { campaignId: id, ...exhausted, n: 1, state: 'ended', outcome: 'busy' });
  await add(id, 'denied', 'denied');
  await add(id, 'stopped', 'stopped');
  // Who picked up is reached, even where a later try found the line busy.
  const spoke = await add(id, 'exhausted', 'spoke');
  await addAttempt(rig, { campaignId: id, ...spoke, n: 1, state: 'ended', outcome: 'answered' });
  const erased = await add(id, 'waiting', 'erased');
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('UPDATE persons SET erased_real = now() WHERE id = $1', [erased.personId]),
  );
  for (const state of [
    'admitted',
    'converted',
    'refused',
    'completed',
    'invalid_number',
    'withdrawn',
    'suppressed',
  ]) {
    await add(id, state, state);
  }
  const sealed = await rig.vault.sealAttributes(rig.tenantId, waiting.personId, waiting.contactId, {
    plan: 'gold',
  });
  if (sealed.kind !== 'opened') throw new Error('the person has a key');
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('UPDATE contacts SET attributes = $2 WHERE id = $1', [waiting.contactId, sealed.value]),
  );

  const answer = await rig.call('POST', `/v1/campaigns/${id}/clone`, {
    name: 'Again',
    contacts: 'unreached',
  });
  expect(answer.body).toMatchObject({ contacts: 4 });
  const copies = await contactsOf(answer.body.campaign.id);
  expect(copies.map((c) => [c.external_id, c.state, c.rank])).toEqual(
    ['denied', 'exhausted', 'stopped', 'waiting'].map((name) => [name, 'waiting', 24]),
  );
  const copy = copies.find((c) => c.external_id === 'waiting')!;
  const opened = await rig.vault.openAttributes(rig.tenantId, waiting.personId, copy.id, copy.attributes!);
  expect(opened).toEqual({ kind: 'opened', value: { plan: 'gold' } });
});

test('more contacts than a batch are copied, each once, and with their matter', async () => {
  const id = await addCampaign(rig);
  const { personId } = await add(id, 'denied', 'first');
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO contacts SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'person_id',
         gen_random_uuid(), 'external_id', 'N' || i))).* FROM contacts c, generate_series(1, 2300) i
       WHERE c.campaign_id = $1 AND c.person_id = $2`,
      [id, personId],
    ),
  );
  const matter = { relation: 'third_party' };
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('UPDATE contacts SET matter = $2 WHERE campaign_id = $1', [id, matter]),
  );
  const answer = await rig.call('POST', `/v1/campaigns/${id}/clone`, { name: 'Many', contacts: 'unreached' });
  expect(answer.body).toMatchObject({ contacts: 2_301 });
  const copies = await contactsOf(answer.body.campaign.id);
  expect(new Set(copies.map((c) => c.external_id)).size).toBe(2_301);
  expect(copies.every((c) => c.matter?.relation === 'third_party')).toBe(true);
});

test.each([
  ['no name', {}, 'name'],
  ['an unknown field', { name: 'x', contact: 'none' }, 'contact'],
  ['changes that make no definition', { name: 'x', changes: { purpose: 'spam' } }, 'purpose'],
  ['contacts of an unknown kind', { name: 'x', contacts: 'all' }, 'contacts'],
])('%s is refused with the field at fault', async (_what, body, field) => {
  const id = await addCampaign(rig);
  const answer = await rig.call('POST', `/v1/campaigns/${id}/clone`, body);
  expect(answer.status).toBe(400);
  expect(answer.body.faults.map((f) => f.field)).toContain(field);
});

test("another tenant's campaign is cloned as little as one that is not", async () => {
  const id = await addCampaign(rig);
  const theirs = await rig.callOther('POST', `/v1/campaigns/${id}/clone`, { name: 'Mine' });
  const none = await rig.callOther('POST', `/v1/campaigns/${uuidv7()}/clone`, { name: 'Mine' });
  expect([theirs.status, theirs.body.detail]).toEqual([404, none.body.detail]);
});
