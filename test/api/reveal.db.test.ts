import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { REVEALS_PER_HOUR } from '../../db/repositories/reveals.ts';
import { addCampaign, addCarrier, addContact, createRig, type Rig } from './rig.ts';

const NUMBER = '+12025550160';
const REASON = 'complaint T-1042: wrong name';
let rig: Rig;
let campaignId: string;
let ids: { personId: string; contactId: string };
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
  ids = await addContact(rig, { campaignId, number: NUMBER });
  const profile = await rig.vault.sealProfile(rig.tenantId, ids.personId, { name: 'Ada Example' });
  const attributes = await rig.vault.sealAttributes(rig.tenantId, ids.personId, ids.contactId, { plan: 'A' });
  if (profile.kind !== 'opened' || attributes.kind !== 'opened') throw new Error('no key');
  await rig.db.inTenant(rig.tenantId, async (tx) => {
    await tx.query('UPDATE persons SET profile = $2 WHERE id = $1', [ids.personId, profile.value]);
    await tx.query('UPDATE contacts SET attributes = $2 WHERE id = $1', [ids.contactId, attributes.value]);
  });
});
afterAll(() => rig.close());

const reveal = (body: unknown, personId = ids.personId) =>
  rig.call('POST', `/v1/persons/${personId}/reveal`, body);

async function recorded() {
  return rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ after: unknown; reason: string; actor: string; resource_id: string }>(
      `SELECT after, reason, actor, resource_id FROM changes WHERE action = 'revealPerson' ORDER BY id`,
    ),
  );
}

test('what was asked for is shown in full, and on record without its values', async () => {
  const answer = await reveal({
    fields: ['numbers', 'profile', 'attributes'],
    contactId: ids.contactId,
    reason: REASON,
  });
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    personId: ids.personId,
    numbers: [NUMBER],
    profile: { name: 'Ada Example' },
    attributes: { plan: 'A' },
  });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const [change] = await recorded();
  expect(change).toMatchObject({
    resource_id: ids.personId,
    reason: REASON,
    after: { fields: ['numbers', 'profile', 'attributes'], contactId: ids.contactId },
  });
  expect(JSON.stringify(change)).not.toMatch(/5550160|Ada/);
  const some = await reveal({ fields: ['profile'], reason: REASON });
  expect(some.body).toMatchObject({ numbers: null, attributes: null, profile: { name: 'Ada Example' } });
});

test('elsewhere names and numbers are masked', async () => {
  const person = await rig.call('GET', `/v1/persons/${ids.personId}`);
  expect(person.body).toMatchObject({
    numbers: ['+1 20****0160'],
    profile: { name: 'xxx xxxxxxx' },
    erased: false,
  });
});

describe('refused', () => {
  test.each([
    ['no reason', { fields: ['numbers'] }, 'reason'],
    ['a reason that says nothing', { fields: ['numbers'], reason: 'because' }, 'reason'],
    ['a number in the reason', { fields: ['numbers'], reason: 'called from 202 555 0160 today' }, 'reason'],
    [
      'a number in full-width digits',
      { fields: ['numbers'], reason: 'called from ２０２５５５０１６０' },
      'reason',
    ],
    ['no field', { fields: [], reason: REASON }, 'fields'],
    ['a field there is not', { fields: ['key'], reason: REASON }, 'fields[0]'],
    ['attributes of no contact', { fields: ['attributes'], reason: REASON }, 'contactId'],
  ])('%s', async (_name, body, field) => {
    const before = (await recorded()).length;
    const answer = await reveal(body);
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toEqual([field]);
    expect(JSON.stringify(answer.body)).not.toContain('555');
    expect(await recorded()).toHaveLength(before);
  });

  test('of nobody, of another tenant, and of another person’s contact: not found, and nothing on record', async () => {
    const before = (await recorded()).length;
    const body = { fields: ['numbers'], reason: REASON };
    expect((await reveal(body, uuidv7())).status).toBe(404);
    expect((await rig.callOther('POST', `/v1/persons/${ids.personId}/reveal`, body)).status).toBe(404);
    const other = await addContact(rig, { campaignId, number: '+12025550161' });
    const crossed = await reveal({ fields: ['attributes'], contactId: other.contactId, reason: REASON });
    expect(crossed.status).toBe(404);
    expect(await recorded()).toHaveLength(before);
  });

  test('of a person who was erased', async () => {
    const gone = await addContact(rig, { campaignId, number: '+12025550162' });
    await rig.vault.destroyPersonKey(rig.tenantId, gone.personId);
    const answer = await reveal({ fields: ['numbers'], reason: REASON }, gone.personId);
    expect(answer).toMatchObject({ status: 422, body: { code: 'refused' } });
    const person = await rig.call('GET', `/v1/persons/${gone.personId}`);
    expect(person.body).toMatchObject({ numbers: ['(erased)'], profile: {}, erased: true });
  });
});

test('no more than its share in an hour, however many come at once, and again once an hour is over', async () => {
  const used = (await recorded()).length;
  const answers = await Promise.all(
    Array.from({ length: REVEALS_PER_HOUR - used + 5 }, () =>
      reveal({ fields: ['numbers'], reason: REASON }),
    ),
  );
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(REVEALS_PER_HOUR - used);
  const over = answers.filter((answer) => answer.status === 429);
  expect(over).toHaveLength(5);
  expect(Number(over[0]!.headers.get('retry-after'))).toBeGreaterThan(3_500);
  expect(await recorded()).toHaveLength(REVEALS_PER_HOUR);
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(`UPDATE reveals SET at_real = at_real - interval '1 hour'`),
  );
  expect((await reveal({ fields: ['numbers'], reason: REASON })).status).toBe(200);
});
