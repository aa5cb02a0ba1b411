import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cohortOf } from '../../db/repositories/hopper.ts';
import type { LocationEvidence } from '../../domain/facts.ts';
import {
  addAttempt,
  addCampaign,
  addCarrier,
  addContact,
  createRig,
  NOW,
  type Answer,
  type Rig,
} from './rig.ts';

let rig: Rig;
let marketing: string;
let service: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  marketing = await addCampaign(rig, { name: 'M' });
  service = await addCampaign(rig, { name: 'S', purpose: 'service' });
  for (const id of [marketing, service]) await rig.call('POST', `/v1/campaigns/${id}/start`);
});
afterAll(() => rig.close());

async function stateOf(contactId: string) {
  const [row] = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ state: string; state_reason: string | null; wake_pending: boolean; ready_at: number }>(
      'SELECT state, state_reason, wake_pending, ready_at FROM contacts WHERE id = $1',
      [contactId],
    ),
  );
  return row!;
}

async function events(personId: string) {
  return rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<{ kind: string }>('SELECT kind FROM consent_events WHERE person_id = $1 ORDER BY id', [
      personId,
    ]),
  );
}

test('a person is found by number, however it is written, with contacts and consents', async () => {
  const { personId, contactId } = await addContact(rig, { campaignId: marketing, number: '+12025550110' });
  await rig.call('POST', `/v1/persons/${personId}/consents`, { purposes: ['marketing'], source: 'web' });
  const found = await rig.call('POST', '/v1/persons/search', { number: '+1 (202) 555-0110' });
  expect(found.status).toBe(200);
  expect(found.body).toMatchObject({
    id: personId,
    consents: [{ kind: 'grant', purposes: ['marketing'], level: 'express', basis: 'explicit' }],
    contacts: [{ id: contactId }],
  });
  const strange = await rig.call('POST', '/v1/persons/search', { number: '+1 202 555 0199' });
  expect(strange.status).toBe(404);
});

test('a contact is found by its own id and by number, in its campaign alone', async () => {
  const { contactId } = await addContact(rig, {
    campaignId: marketing,
    number: '+12025550111',
    externalId: 'C-1',
  });
  const search = (campaignId: string, body: unknown) =>
    rig.call('POST', `/v1/campaigns/${campaignId}/contacts/search`, body);
  expect((await search(marketing, { externalId: 'C-1' })).body.id).toBe(contactId);
  expect((await search(marketing, { number: '+12025550111' })).body.id).toBe(contactId);
  expect((await search(service, { number: '+12025550111' })).status).toBe(404);
  expect((await search(marketing, {})).status).toBe(400);
});

describe('grant', () => {
  test('contacts denied for want of consent wait again, others stay as they are', async () => {
    const number = '+12025550112';
    const seed = { number, state: 'denied' };
    const wanted = await addContact(rig, { ...seed, campaignId: marketing, stateReason: 'consent.missing' });
    const other = await addContact(rig, { ...seed, campaignId: service, stateReason: 'consent.missing' });
    const answer = await rig.call('POST', `/v1/persons/${wanted.personId}/consents`, {
      purposes: ['marketing'],
      source: 'web-form',
      level: 'written',
      occurredAt: '2026-03-02T09:59:00+08:00',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ reopenedContacts: 1 });
    expect(await stateOf(wanted.contactId)).toMatchObject({ state: 'waiting', ready_at: NOW });
    expect(await stateOf(other.contactId)).toMatchObject({ state: 'denied' });
  });

  test('a contact that was denied when it was stopped for good is not brought back', async () => {
    const seed = { number: '+12025550189', state: 'denied', stateReason: 'consent.missing' };
    const { personId, contactId } = await addContact(rig, { ...seed, campaignId: marketing });
    expect((await rig.call('POST', `/v1/contacts/${contactId}/stop`, {})).status).toBe(200);
    const given = { purposes: ['marketing'], source: 'web-form', level: 'written' };
    const answer = await rig.call('POST', `/v1/persons/${personId}/consents`, given);
    expect(answer.body).toMatchObject({ reopenedContacts: 0 });
    expect((await stateOf(contactId)).state).toBe('denied');
  });

  test('a contact denied for another reason stays denied', async () => {
    const { personId, contactId } = await addContact(rig, {
      campaignId: marketing,
      number: '+12025550113',
      state: 'denied',
      stateReason: 'jurisdiction.uncovered',
    });
    await rig.call('POST', `/v1/persons/${personId}/consents`, { purposes: ['marketing'], source: 'x' });
    expect((await stateOf(contactId)).state).toBe('denied');
  });

  test('the same statement sent again is one event', async () => {
    const { personId } = await addContact(rig, { campaignId: marketing, number: '+12025550114' });
    const body = { purposes: ['marketing'], source: 'x', occurredAt: '2026-03-01T00:00:00Z' };
    const first = await rig.call('POST', `/v1/persons/${personId}/consents`, body);
    const again = await rig.call('POST', `/v1/persons/${personId}/consents`, body);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await events(personId)).toHaveLength(1);
  });

  test('bad statements are refused with their fields', async () => {
    const { personId } = await addContact(rig, { campaignId: marketing, number: '+12025550115' });
    const answer = await rig.call('POST', `/v1/persons/${personId}/consents`, {
      purposes: [],
      occurredAt: 'yesterday',
      evidenceHash: 'abc',
      level: 'strong',
      by: 'me',
    });
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((f) => f.field).sort()).toEqual(
      ['by', 'evidenceHash', 'level', 'occurredAt', 'purposes', 'source'].sort(),
    );
    const missing = await rig.call('POST', `/v1/persons/${personId}/consents`, { source: 'x' });
    expect(missing.body.faults.map((f) => f.field)).toEqual(['purposes']);
  });
});

describe('withdrawal', () => {
  test('ends the contacts of the purposes withdrawn and takes unused permits back', async () => {
    const number = '+12025550116';
    const one = await addContact(rig, { campaignId: marketing, number, state: 'admitted' });
    const two = await addContact(rig, { campaignId: service, number });
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('UPDATE contacts SET workflow_open = true WHERE id = $1', [one.contactId]),
    );
    await addAttempt(rig, { campaignId: marketing, ...one, n: 1, state: 'claimed' });
    const answer = await rig.call('POST', `/v1/persons/${one.personId}/withdrawals`, {
      purposes: ['marketing'],
      source: 'hotline',
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      endedContacts: 1,
      stop: { revoked: 1, inFlight: 0, complete: true },
    });
    expect(await stateOf(one.contactId)).toMatchObject({
      state: 'withdrawn',
      state_reason: 'consent.withdrawn',
      wake_pending: true,
    });
    expect((await stateOf(two.contactId)).state).toBe('waiting');
  });

  test('of no named purpose ends all of them, and is safe to send again', async () => {
    const number = '+12025550117';
    const one = await addContact(rig, { campaignId: marketing, number });
    const two = await addContact(rig, { campaignId: service, number });
    const body = { source: 'hotline', occurredAt: '2026-03-02T01:00:00Z' };
    const first = await rig.call('POST', `/v1/persons/${one.personId}/withdrawals`, body);
    const again = await rig.call('POST', `/v1/persons/${one.personId}/withdrawals`, body);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect([await stateOf(one.contactId), await stateOf(two.contactId)].map((c) => c.state)).toEqual([
      'withdrawn',
      'withdrawn',
    ]);
    expect((await events(one.personId)).map((e) => e.kind)).toEqual(['withdrawal']);
  });

  test('a person who is not there leaves nothing behind', async () => {
    const nobody = '00000000-0000-7000-8000-000000000000';
    expect((await rig.call('POST', `/v1/persons/${nobody}/withdrawals`, { source: 'x' })).status).toBe(404);
    const stops = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('SELECT 1 FROM stop_requests WHERE target_id = $1', [nobody]),
    );
    expect(stops).toEqual([]);
  });
});

describe('suppression', () => {
  test('ends the contacts in scope and is listed masked', async () => {
    const number = '+12025550118';
    const one = await addContact(rig, { campaignId: marketing, number });
    const answer = await rig.call('POST', '/v1/suppressions', { number, source: 'hotline' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      endedContacts: 1,
      suppression: { list: 'internal', scope: 'tenant' },
    });
    expect(await stateOf(one.contactId)).toMatchObject({
      state: 'suppressed',
      state_reason: 'suppression.tenant',
    });
    const listed = await rig.call('GET', '/v1/suppressions?list=internal');
    expect(listed.body.items.map((item) => item.id)).toContain(answer.body.suppression.id);
    const again = await rig.call('POST', '/v1/suppressions', { number, source: 'hotline' });
    expect([again.status, again.body.suppression.id]).toEqual([200, answer.body.suppression.id]);
  });

  test('of a campaign or a purpose leaves the others alone', async () => {
    const number = '+12025550119';
    const one = await addContact(rig, { campaignId: marketing, number });
    const two = await addContact(rig, { campaignId: service, number });
    await rig.call('POST', '/v1/suppressions', { number, scope: 'purpose', purpose: 'marketing' });
    expect([await stateOf(one.contactId), await stateOf(two.contactId)].map((c) => c.state)).toEqual([
      'suppressed',
      'waiting',
    ]);
    await rig.call('POST', '/v1/suppressions', { number, scope: 'campaign', campaignId: service });
    expect((await stateOf(two.contactId)).state).toBe('suppressed');
  });

  test('of a number that nobody has yet is taken all the same', async () => {
    const answer = await rig.call('POST', '/v1/suppressions', { number: '+12025550120' });
    expect(answer.body).toMatchObject({ endedContacts: 0, suppression: { number: null } });
  });

  test('that begins later ends no contact yet', async () => {
    const number = '+12025550121';
    const one = await addContact(rig, { campaignId: marketing, number });
    await rig.call('POST', '/v1/suppressions', { number, validFrom: '2026-06-01T00:00:00Z' });
    expect((await stateOf(one.contactId)).state).toBe('waiting');
  });

  test('can end early and stays as evidence; an entry sent again reaches at least as far', async () => {
    const number = '+12025550122';
    const first = await rig.call('POST', '/v1/suppressions', { number, validUntil: '2026-06-01T00:00:00Z' });
    await rig.call('POST', '/v1/suppressions', { number, validUntil: '2026-05-01T00:00:00Z' });
    const found = await rig.call('POST', '/v1/suppressions/search', { number });
    expect(found.body.items).toMatchObject([{ validUntil: '2026-06-01T00:00:00.000Z' }]);
    rig.clock.advance(60_000);
    const ended = await rig.call('POST', `/v1/suppressions/${first.body.suppression.id}/end`);
    expect(ended.body.validUntil).toBe(new Date(rig.clock.now()).toISOString());
    rig.clock.advance(60_000);
    const again = await rig.call('POST', `/v1/suppressions/${first.body.suppression.id}/end`);
    expect(again.body.validUntil).toBe(ended.body.validUntil);
  });

  test.each([
    ['a scope without its campaign', { scope: 'campaign' }, 'campaignId'],
    ['a purpose that the scope has not', { purpose: 'survey' }, 'purpose'],
    [
      'an end before its beginning',
      { validFrom: '2026-03-02T00:00:00Z', validUntil: '2026-03-01T00:00:00Z' },
      'validUntil',
    ],
    ['a number that is none', { number: '12' }, 'number'],
    ['a number of no country', { number: '202 555 0123' }, 'number'],
  ])('%s is refused with its field', async (_name, change, field) => {
    const answer = await rig.call('POST', '/v1/suppressions', { number: '+12025550123', ...change });
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((f) => f.field)).toEqual([field]);
  });
});

describe('many statements at once', () => {
  test('each by itself, those about one person in the order given, with a result for each', async () => {
    const number = '+12025550140';
    const one = await addContact(rig, { campaignId: marketing, number });
    const two = await addContact(rig, { campaignId: marketing, number: '+12025550141' });
    const source = 'crm';
    const at = (minute: number) => `2026-03-02T01:0${minute}:00Z`;
    const answer = await rig.call('POST', '/v1/consents', {
      items: [
        { kind: 'withdrawal', number, source, occurredAt: at(1) },
        { kind: 'grant', number, purposes: ['marketing'], source, occurredAt: at(2) },
        { kind: 'withdrawal', number: '+12025550142', source },
        { kind: 'withdrawal', personId: two.personId, source, purposes: ['service'], occurredAt: at(3) },
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      recorded: 3,
      failed: 1,
      items: [
        { personId: one.personId, created: true, endedContacts: 1, stop: { complete: true } },
        { personId: one.personId, created: true, stop: null },
        { personId: null, created: false, problem: { code: 'not_found' } },
        { personId: two.personId, created: true, endedContacts: 0 },
      ],
    });
    expect((await events(one.personId)).map((event) => event.kind)).toEqual(['withdrawal', 'grant']);
    expect((await stateOf(two.contactId)).state).toBe('waiting');
    const recorded = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query<{ action: string }>('SELECT action FROM changes WHERE resource_id = $1 ORDER BY id', [
        one.personId,
      ]),
    );
    expect(recorded.map((change) => change.action)).toEqual(['withdrawConsent', 'grantConsent']);
  });

  test('an agent may record what was taken back, and no grant', async () => {
    const { personId } = await addContact(rig, { campaignId: marketing, number: '+12025550143' });
    const withdrawal = { kind: 'withdrawal', personId, source: 'call' };
    const grant = { kind: 'grant', personId, source: 'call', purposes: ['marketing'] };
    const both = await rig.callAs('agent', 'POST', '/v1/consents', { items: [withdrawal, grant] });
    expect(both.status).toBe(403);
    expect(await events(personId)).toEqual([]);
    const one = await rig.callAs('agent', 'POST', '/v1/consents', { items: [withdrawal] });
    expect(one.status).toBe(200);
  });

  test.each([
    ['neither person nor number', { kind: 'withdrawal', source: 'x' }, 'items[0].personId'],
    ['a grant for no purpose', { kind: 'grant', source: 'x', number: '+12025550140' }, 'items[0].purposes'],
    [
      'a withdrawal with a level',
      { kind: 'withdrawal', source: 'x', number: '+12025550140', level: 'written' },
      'items[0].kind',
    ],
    [
      'a field there is not',
      { kind: 'withdrawal', source: 'x', number: '+12025550140', by: 'me' },
      'items[0].by',
    ],
  ])('%s is refused by its field, and nothing is recorded', async (_name, item, field) => {
    const answer = await rig.call('POST', '/v1/consents', { items: [item] });
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toEqual([field]);
  });
});

test('a person’s consents in pages, latest recorded first, by kind and purpose', async () => {
  const { personId } = await addContact(rig, { campaignId: marketing, number: '+12025550144' });
  const say = (path: string, body: object) => rig.call('POST', `/v1/persons/${personId}/${path}`, body);
  await say('consents', { purposes: ['marketing'], source: 'a' });
  await say('consents', { purposes: ['service'], source: 'b' });
  rig.clock.advance(1_000);
  await say('withdrawals', { purposes: ['marketing'], source: 'c' });
  const path = `/v1/persons/${personId}/consents`;
  const sources = (answer: Answer) =>
    answer.body.items.map((item) => (item as unknown as { source: string }).source);
  const first = await rig.call('GET', `${path}?limit=2`);
  expect(sources(first)).toEqual(['c', 'b']);
  const rest = await rig.call(
    'GET',
    `${path}?limit=2&after=${encodeURIComponent(first.body.next as string)}`,
  );
  expect([sources(rest), rest.body.next]).toEqual([['a'], null]);
  expect(sources(await rig.call('GET', `${path}?kind=grant&purpose=marketing`))).toEqual(['a']);
  expect((await rig.callOther('GET', path)).status).toBe(404);
});

describe('where a person may be', () => {
  const locate = (personId: string, body: unknown) =>
    rig.call('POST', `/v1/persons/${personId}/locations`, body);
  const stored = (contactId: string) =>
    rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query<{ cohort: string; country: string; locations: LocationEvidence[] }>(
        `SELECT c.cohort, n.country, n.locations FROM contacts c
         JOIN person_numbers n ON n.person_id = c.person_id AND n.is_primary WHERE c.id = $1`,
        [contactId],
      ),
    );

  test('is added to the number with source, confidence and instant, once, and moves the contact to its cohort', async () => {
    const { personId, contactId } = await addContact(rig, { campaignId: service, number: '+12025550181' });
    const before = (await stored(contactId))[0]!;
    const answer = await locate(personId, { source: 'address', jurisdiction: 'US-FL' });
    expect(answer).toMatchObject({ status: 201, body: { added: 2 } });
    expect(await locate(personId, { source: 'address', jurisdiction: 'US-FL' })).toMatchObject({
      status: 200,
      body: { added: 0 },
    });
    const after = (await stored(contactId))[0]!;
    const recordedAt = rig.clock.now();
    const said = { jurisdiction: 'US-FL', source: 'address', confidence: 'high', recordedAt };
    expect(after.locations).toEqual([
      ...before.locations,
      { ...said, zone: 'America/New_York' },
      { ...said, zone: 'America/Chicago' },
    ]);
    expect(after.cohort).toBe(cohortOf(after.country, after.locations));
    expect(after.cohort).not.toBe(before.cohort);
    const changes = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(`SELECT 1 FROM changes WHERE action = 'addLocation' AND resource_id = $1`, [personId]),
    );
    expect(changes).toHaveLength(1);
  });

  test('is refused where there is no such place, zone or person, and says what would be right', async () => {
    const { personId } = await addContact(rig, { campaignId: service, number: '+12025550182' });
    for (const [body, field] of [
      [{ source: 'address', jurisdiction: 'US-ZZ' }, 'jurisdiction'],
      [{ source: 'address', jurisdiction: 'XX' }, 'jurisdiction'],
      [{ source: 'declared', zone: 'Mars/Olympus' }, 'zone'],
      [{ source: 'billing' }, 'jurisdiction'],
      [{ source: 'prefix', jurisdiction: 'US' }, 'source'],
    ] as const) {
      const { status, body: problem } = await locate(personId, body);
      expect(status, JSON.stringify(body)).toBe(400);
      expect(JSON.stringify(problem)).toContain(field);
    }
    const nobody = '00000000-0000-7000-8000-000000000000';
    expect((await locate(nobody, { source: 'address', jurisdiction: 'US' })).status).toBe(404);
  });
});
