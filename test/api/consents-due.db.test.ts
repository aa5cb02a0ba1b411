import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';
import { ENDING_SQL, GRANTS_READ } from '../../gate/consents-due.ts';
import { DAY_MS, toIso } from '../../domain/time.ts';

let rig: Rig;
let campaignId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { name: 'M' });
});
afterAll(() => rig.close());

/** Numbers of nobody yet. */
let taken = 100;
const someone = async () => (await addContact(rig, { campaignId, number: `+12025550${taken++}` })).personId;

async function grant(personId: string, body: object): Promise<string> {
  const answer = await rig.call('POST', `/v1/persons/${personId}/consents`, {
    purposes: ['marketing'],
    channels: ['voice'],
    source: 'web',
    occurredAt: toIso(NOW - DAY_MS),
    ...body,
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return (answer.body as unknown as { eventId: string }).eventId;
}
const endsIn = (ms: number) => ({ expiresAt: toIso(NOW + ms) });
const due = async (query = '') => rig.call('GET', `/v1/consents/due${query}`);
const idsOf = async (query = '') => (await due(query)).body.items.map((item) => item.id);

describe('consents due for renewal', () => {
  test('are those in force that end within the days asked for, soonest first, with the days that are left', async () => {
    const persons = [await someone(), await someone(), await someone()] as const;
    const inTwenty = await grant(persons[0], { ...endsIn(20 * DAY_MS), level: 'written' });
    const onTheLast = await grant(persons[1], endsIn(30 * DAY_MS));
    await grant(persons[1], { purposes: ['survey'], ...endsIn(30 * DAY_MS + 1) });
    await grant(persons[1], { purposes: ['service'] });
    const soon = await grant(persons[2], endsIn(1));
    expect((await due()).body.items).toMatchObject([
      { id: soon, personId: persons[2], daysLeft: 0 },
      {
        id: inTwenty,
        personId: persons[0],
        purposes: ['marketing'],
        channels: ['voice'],
        inForce: [{ purpose: 'marketing', channels: ['voice'] }],
        level: 'written',
        expiresAt: toIso(NOW + 20 * DAY_MS),
        daysLeft: 20,
      },
      { id: onTheLast, daysLeft: 30 },
    ]);
    expect(await idsOf('?withinDays=19')).toEqual([soon]);
    expect((await rig.callOther('GET', '/v1/consents/due')).body.items).toEqual([]);
    rig.clock.advance(1);
    expect(await idsOf('?withinDays=20')).toEqual([inTwenty]);
    rig.clock.advance(-1);
  });

  test('are read in pages to the end, each once, and a cursor of other filters is refused', async () => {
    const all = await idsOf();
    const first = await due('?limit=2');
    const after = encodeURIComponent(first.body.next as string);
    const rest = await due(`?limit=2&after=${after}`);
    expect([...first.body.items, ...rest.body.items].map((item) => item.id)).toEqual(all);
    expect(rest.body.next).toBeNull();
    expect((await due(`?limit=2&withinDays=40&after=${after}`)).status).toBe(400);
  });

  test.each(['0', '366', '1.5', 'soon'])('are not told within %s days', async (withinDays) => {
    const answer = await due(`?withinDays=${withinDays}`);
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toEqual(['query.withinDays']);
  });

  test('are told for what no withdrawal and no renewal covers, by purpose and channel', async () => {
    const personId = await someone();
    const id = await grant(personId, {
      purposes: ['survey', 'collection'],
      channels: ['voice', 'sms'],
      ...endsIn(3 * DAY_MS),
    });
    const told = async (query = '') => (await due(query)).body.items.filter((item) => item.id === id);
    await rig.call('POST', `/v1/persons/${personId}/withdrawals`, {
      purposes: ['survey'],
      channels: ['sms'],
      source: 'hotline',
    });
    expect(await told()).toMatchObject([
      {
        inForce: [
          { purpose: 'survey', channels: ['voice'] },
          { purpose: 'collection', channels: ['voice', 'sms'] },
        ],
      },
    ]);
    expect(await told('?purpose=survey')).toHaveLength(1);
    expect(await told('?purpose=survey&channel=voice')).toHaveLength(1);
    expect(await told('?purpose=survey&channel=sms')).toEqual([]);
    await grant(personId, {
      purposes: ['survey'],
      channels: ['voice'],
      occurredAt: toIso(NOW),
      renews: id,
      ...endsIn(400 * DAY_MS),
    });
    expect(await told()).toMatchObject([{ purposes: ['collection'], channels: ['voice', 'sms'] }]);
    await grant(personId, {
      purposes: ['collection'],
      channels: ['voice', 'sms'],
      level: 'implied',
      occurredAt: toIso(NOW),
    });
    // A weaker one takes nothing away, and renews nothing.
    expect(await told()).toMatchObject([{ purposes: ['collection'] }]);
    await rig.call('POST', `/v1/persons/${personId}/withdrawals`, { source: 'hotline' });
    expect(await told()).toEqual([]);
  });

  test('are nobody’s who was erased', async () => {
    const personId = await someone();
    const id = await grant(personId, endsIn(2 * DAY_MS));
    expect(await idsOf()).toContain(id);
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('UPDATE persons SET erased_real = now() WHERE id = $1', [personId]),
    );
    expect(await idsOf()).not.toContain(id);
  });

  test('are found by the index of ends in a filled table, a bounded number at a time', async () => {
    // 1,800 whose consent ends within a year and was renewed already, by one whose end is not on record.
    await rig.db.inTenant(rig.tenantId, async (tx) => {
      await tx.query(
        `INSERT INTO persons (tenant_id, id, created_real, updated_real)
         SELECT $1, md5('p' || n)::uuid, now(), now() FROM generate_series(1, 1800) n`,
        [rig.tenantId],
      );
      await tx.query(
        `INSERT INTO consent_events (tenant_id, id, person_id, kind, purposes, channels, level, basis, source,
                                     occurred_at, recorded_at, expires_at, widens, recorded_by, dedupe_key)
         SELECT $1, md5(g.n || g.which)::uuid, md5('p' || g.n)::uuid, 'grant', '{political}', '{voice}', 'express',
                'explicit', 'web', $2::timestamptz - g.age * interval '1 day', $2,
                CASE WHEN g.age > 0 THEN $2::timestamptz + g.n * 0.2 * interval '1 day' END,
                '{}', 'test', sha256((g.n || g.which)::bytea)
         FROM (SELECT n, which, age FROM generate_series(1, 1800) n,
                 (VALUES ('first', 300), ('again', 0), ('more', 0)) w (which, age)) g`,
        [rig.tenantId, toIso(NOW)],
      );
    });
    const plan = await rig.db.inTenant(rig.tenantId, async (tx) => {
      const rows = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${ENDING_SQL}`, [
        rig.tenantId,
        toIso(NOW),
        toIso(NOW + 30 * DAY_MS),
        toIso(NOW),
        '00000000-0000-0000-0000-000000000000',
      ]);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });
    expect(plan).toContain('consent_events_expiry');
    expect(plan).not.toContain('Sort');
    // Pages hold none of them, and lead on to the end.
    let pages = 0;
    let next: unknown = null;
    const found: string[] = [];
    do {
      const query = next === null ? '' : `&after=${encodeURIComponent(next as string)}`;
      const answer = await due(`?withinDays=365&purpose=political${query}`);
      found.push(...answer.body.items.map((item) => item.id));
      next = answer.body.next;
      pages += 1;
    } while (next !== null && pages < 20);
    expect(found).toEqual([]);
    expect(pages).toBeGreaterThan(1_800 / (GRANTS_READ + 1));
  });
});
