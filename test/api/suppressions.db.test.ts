import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '../../domain/time.ts';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig);
});
afterAll(() => rig.close());
beforeEach(() => rig.clock.set(NOW));

const iso = (at: number) => new Date(at).toISOString();

interface BulkAnswer {
  added: number;
  failed: number;
  items: {
    suppressionId: string | null;
    created: boolean;
    endedContacts: number;
    stop: unknown;
    problem: unknown;
  }[];
}
const bulk = async (items: unknown) => {
  const answer = await rig.call('POST', '/v1/suppressions/bulk', { items });
  return { status: answer.status, faults: answer.body.faults, body: answer.body as unknown as BulkAnswer };
};

describe('many at once', () => {
  test('each holds like a stop of its own: permits are void, contacts end; what is wrong with one leaves the rest', async () => {
    const seed = async (number: string) => {
      const ids = await addContact(rig, { campaignId, number, state: 'admitted' });
      const numberHash = rig.vault.numberHash(rig.tenantId, number);
      const attempt = await addAttempt(rig, { campaignId, ...ids, n: 1, state: 'claimed', numberHash });
      return { ...ids, attempt };
    };
    const first = await seed('+12025550160');
    const second = await seed('+12025550161');
    const { status, body } = await bulk([
      { number: '+1 202 555 0160' },
      { number: 'a friend of mine' },
      { number: '+12025550161', list: 'complaints', validUntil: iso(NOW + DAY_MS) },
      { number: '+12025550162', scope: 'campaign', campaignId: '01900000-0000-7000-8000-000000000000' },
      { number: '+12025550160' },
    ]);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      failed: 2,
      items: [
        { stop: { complete: true }, problem: null },
        { created: false, stop: null, problem: { code: 'invalid_input', faults: [{ field: 'number' }] } },
        { created: true, endedContacts: 1, stop: { revoked: 1, complete: true } },
        { suppressionId: null, problem: { code: 'not_found' } },
        { problem: null },
      ],
    });
    // The same number twice is one entry, whichever of the two came first.
    expect(body.items[0]!.suppressionId).toBe(body.items[4]!.suppressionId);
    expect([body.items[0]!.created, body.items[4]!.created].sort()).toEqual([false, true]);
    const rows = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('SELECT state FROM attempts WHERE tenant_id = $1 AND id = ANY ($2)', [
        tx.tenantId,
        [first.attempt, second.attempt],
      ]),
    );
    expect(rows).toEqual([{ state: 'revoked' }, { state: 'revoked' }]);
    expect(JSON.stringify(body)).not.toContain('friend');
  });

  test.each([
    ['none', [], 'items'],
    ['more than a thousand', Array.from({ length: 1_001 }, () => ({ number: '+12025550100' })), 'items'],
    [
      'an unknown field',
      [{ number: '+12025550100' }, { number: '+12025550100', note: 'x' }],
      'items[1].note',
    ],
    ['a scope that does not fit', [{ number: '+12025550100', scope: 'campaign' }], 'items[0].campaignId'],
    ['no number', [{ list: 'internal' }], 'items[0].number'],
  ])('of %s is refused whole, with the path', async (_name, items, field) => {
    const { status, faults } = await bulk(items);
    expect(status).toBe(400);
    expect(faults.map((fault) => fault.field)).toEqual([field]);
  });

  test('hundreds are taken', async () => {
    const items = Array.from({ length: 200 }, (_, i) => ({
      number: `+1202555${String(i).padStart(4, '0')}`,
      list: 'campaign-2026',
    }));
    const { status, body } = await bulk(items);
    expect([status, body.added, body.failed]).toEqual([200, 200, 0]);
  });
});

describe('entries', () => {
  test('are narrowed by what they say and by where they stand now, in both orders, each once', async () => {
    const add = async (number: string, body: object) =>
      (await rig.call('POST', '/v1/suppressions', { number, list: 'filters', ...body })).body.suppression.id;
    const plain = await add('+12025550170', {});
    const other = await add('+12025550171', {
      scope: 'purpose',
      purpose: 'survey',
      requestedByPerson: false,
    });
    const own = await add('+12025550172', { scope: 'campaign', campaignId });
    const later = await add('+12025550173', { validFrom: iso(NOW + DAY_MS) });
    const ended = await add('+12025550174', {});
    await rig.call('POST', `/v1/suppressions/${ended}/end`, { reason: 'wrong number' });
    const found = async (query: string) =>
      (await rig.call('GET', `/v1/suppressions?${query}`)).body.items.map((item) => item.id);
    expect(await found('list=filters')).toEqual([ended, later, own, other, plain]);
    expect(await found('list=filters&sort=recorded')).toEqual([plain, other, own, later, ended]);
    expect(await found('list=filters&state=ended')).toEqual([ended]);
    expect(await found('list=filters&state=upcoming')).toEqual([later]);
    expect(await found('list=filters&state=active')).toEqual([own, other, plain]);
    expect(await found('scope=purpose')).toEqual([other]);
    expect(await found('purpose=survey&list=filters')).toEqual([other]);
    expect(await found(`campaignId=${campaignId}`)).toEqual([own]);
    expect(await found('list=filters&requestedByPerson=false')).toEqual([other]);
    expect(await found('scope=national')).toEqual([]);
    const paged: string[] = [];
    for (let after = ''; ;) {
      const page = await rig.call('GET', `/v1/suppressions?list=filters&limit=2${after}`);
      paged.push(...page.body.items.map((item) => item.id));
      if (page.body.next === null) break;
      after = `&after=${String(page.body.next)}`;
    }
    expect(paged).toEqual([ended, later, own, other, plain]);
    expect((await rig.call('GET', '/v1/suppressions?state=gone')).status).toBe(400);
    expect((await rig.callOther('GET', '/v1/suppressions?list=filters')).body.items).toEqual([]);
  });

  test('that are rare among many are found, page after page, without looking through all at once', async () => {
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `INSERT INTO suppressions (tenant_id, id, number_hash, list, scope, source, requested_by_person, valid_from,
                                   recorded_at, recorded_by)
         SELECT $1, ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, sha256(i::text::bytea), 'many',
                'national', 'x', i = 3, now(), now(), 'x'
         FROM generate_series(1, 12000) AS i`,
        [tx.tenantId],
      ),
    );
    const seen: string[] = [];
    let pages = 0;
    for (let after = ''; ;) {
      const page = await rig.call(
        'GET',
        `/v1/suppressions?list=many&requestedByPerson=true&limit=10${after}`,
      );
      seen.push(...page.body.items.map((item) => item.id));
      pages += 1;
      if (page.body.next === null) break;
      after = `&after=${String(page.body.next)}`;
    }
    expect(seen).toEqual(['00000000-0000-7000-8000-000000000003']);
    expect(pages).toBe(3);
    const lists = await rig.call('GET', '/v1/suppression-lists');
    const many = lists.body.items.find((item) => (item as unknown as { list: string }).list === 'many');
    expect(many).toMatchObject({ entries: 10_000, entriesExact: false, asOf: null });
    const exact = await rig.call('GET', '/v1/suppression-lists?count=exact');
    expect(exact.body.items).toContainEqual({ ...many, entries: 12_000, entriesExact: true });
  });

  test('ended is recorded once, with who, why, before and after, and no number', async () => {
    const added = await rig.call('POST', '/v1/suppressions', { number: '+12025550175' });
    const { id } = added.body.suppression;
    await rig.call('POST', `/v1/suppressions/${id}/end`, { reason: 'asked to be called again' });
    await rig.call('POST', `/v1/suppressions/${id}/end`);
    const changes = await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('SELECT * FROM changes WHERE tenant_id = $1 AND resource_id = $2 ORDER BY id', [
        tx.tenantId,
        id,
      ]),
    );
    expect(changes).toMatchObject([
      { action: 'addSuppression', actor: 'key:configuration' },
      {
        action: 'endSuppression',
        reason: 'asked to be called again',
        before: { validUntil: null, requestedByPerson: true },
        after: { validUntil: iso(NOW) },
      },
    ]);
    expect(JSON.stringify(changes)).not.toMatch(/2025550175/);
    expect((await rig.callOther('POST', `/v1/suppressions/${id}/end`)).status).toBe(404);
  });
});

describe('lists', () => {
  const DNC = 'us-national-dnc';

  test('are told with how old they are', async () => {
    await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('INSERT INTO suppression_lists (tenant_id, list, as_of) VALUES ($1, $2, $3)', [
        tx.tenantId,
        DNC,
        iso(NOW - 40 * DAY_MS),
      ]),
    );
    const { items } = (await rig.call('GET', '/v1/suppression-lists')).body;
    expect(items).toContainEqual(
      expect.objectContaining({
        list: DNC,
        asOf: iso(NOW - 40 * DAY_MS),
        standing: 'stale',
        staleFrom: iso(NOW - 9 * DAY_MS),
        entries: 0,
      }),
    );
    expect(items).toContainEqual(expect.objectContaining({ list: 'internal', standing: 'held' }));
    expect((await rig.callOther('GET', '/v1/suppression-lists')).body.items).toEqual([]);
  });
});
