import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addAttempt, addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
let otherId: string;
let carrierId: string;
const attempts: { id: string; contactId: string; personId: string; at: number; state: string }[] = [];

/** Outcomes by turn; every third is still up. */
const TURNS = [
  { state: 'ended', outcome: 'answered', disposition: 'converted' },
  { state: 'ended', outcome: 'busy' },
  { state: 'sent', answered: true },
] as const;

beforeAll(async () => {
  rig = await createRig();
  carrierId = await addCarrier(rig);
  campaignId = await addCampaign(rig);
  otherId = await addCampaign(rig, { name: 'Other' });
  for (let i = 0; i < 12; i++) {
    const of = i < 9 ? campaignId : otherId;
    const ids = await addContact(rig, { campaignId: of, number: `+120255501${String(i).padStart(2, '0')}` });
    const turn = TURNS[i % 3]!;
    // Two at each instant, so that ties are told apart.
    const at = NOW + Math.floor(i / 2) * 60_000;
    const id = await addAttempt(rig, { campaignId: of, ...ids, n: 1, at, ...turn });
    attempts.push({ id, ...ids, at, state: turn.state });
  }
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query('UPDATE attempts SET carrier_id = $1 WHERE campaign_id = $2', [carrierId, campaignId]),
  );
  for (const [i, attempt] of attempts.entries()) {
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                                horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, now(), 800, $8, NULL, $9, 'test', 'none', $10, 'x', $11)`,
        [
          tx.tenantId,
          uuidv7(),
          i < 9 ? campaignId : otherId,
          attempt.contactId,
          attempt.personId,
          i % 2 === 0 ? 'dial' : 'admission',
          new Date(attempt.at).toISOString(),
          i % 3 === 0 ? 'allow' : 'deny',
          i % 3 === 0 ? [] : ['consent.missing'],
          JSON.stringify({ number: { pseudonym: 'ab'.repeat(32) }, attempts: [{ number: 'cd'.repeat(32) }] }),
          JSON.stringify([
            {
              pack: 'engine',
              rule: 'engine.zone',
              type: 'guard',
              outcome: 'pass',
              reason: null,
              until: null,
              inputs: {},
              unverified: false,
            },
          ]),
        ],
      ),
    );
  }
});
afterAll(() => rig.close());

async function pages(path: string, query = '', limit = 2): Promise<string[]> {
  const found: string[] = [];
  let after: string | null = null;
  do {
    const next: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
    const page = await rig.call('GET', `${path}?limit=${limit}&${query}${next}`);
    expect(page.status).toBe(200);
    for (const item of page.body.items as unknown as { id?: string; attemptId?: string }[]) {
      found.push(item.id ?? item.attemptId!);
    }
    after = page.body.next as string | null;
  } while (after !== null);
  return found;
}

const latestFirst = (some: typeof attempts) =>
  some.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).map((attempt) => attempt.id);
const instant = (ms: number) => encodeURIComponent(new Date(ms).toISOString());

describe('attempts', () => {
  test('latest first, in pages, each once; by campaign, contact, state, outcome, disposition, carrier and instant', async () => {
    expect(await pages('/v1/attempts')).toEqual(latestFirst(attempts));
    expect(await pages('/v1/attempts', `campaignId=${otherId}`)).toEqual(latestFirst(attempts.slice(9)));
    const first = attempts[0]!;
    expect(await pages('/v1/attempts', `contactId=${first.contactId}`)).toEqual([first.id]);
    const ofTurn = (n: number) => latestFirst(attempts.filter((_, i) => i % 3 === n));
    expect(await pages('/v1/attempts', 'state=sent')).toEqual(ofTurn(2));
    expect(await pages('/v1/attempts', 'outcome=busy')).toEqual(ofTurn(1));
    expect(await pages('/v1/attempts', 'disposition=converted')).toEqual(ofTurn(0));
    expect(await pages('/v1/attempts', 'carrier=line-1')).toEqual(latestFirst(attempts.slice(0, 9)));
    expect(await pages('/v1/attempts', 'carrier=nobody')).toEqual([]);
    const bounds = `from=${instant(NOW + 60_000)}&before=${instant(NOW + 180_000)}`;
    expect(await pages('/v1/attempts', bounds)).toEqual(latestFirst(attempts.slice(2, 6)));
  });

  test('one, by its contact and number', async () => {
    const { contactId, id } = attempts[0]!;
    const answer = await rig.call('GET', `/v1/contacts/${contactId}/attempts/1`);
    expect(answer.body).toMatchObject({
      id,
      number: 1,
      outcome: 'answered',
      disposition: 'converted',
      carrier: 'line-1',
    });
    expect((await rig.call('GET', `/v1/contacts/${contactId}/attempts/2`)).status).toBe(404);
    expect((await rig.call('GET', `/v1/contacts/${contactId}/attempts/0`)).status).toBe(400);
    expect((await rig.callOther('GET', `/v1/contacts/${contactId}/attempts/1`)).status).toBe(404);
  });

  test('unknown filters and values are refused by field', async () => {
    const answer = await rig.call('GET', '/v1/attempts?state=flying&contactId=1');
    expect(answer.body.faults.map((fault) => fault.field).sort()).toEqual(['query.contactId', 'query.state']);
  });
});

describe('calls', () => {
  test('those that are up now, and all', async () => {
    const up = attempts.filter((attempt) => attempt.state === 'sent');
    expect(await pages('/v1/calls', 'live=true')).toEqual(latestFirst(up));
    expect(await pages('/v1/calls', `live=true&campaignId=${otherId}`)).toEqual(
      latestFirst(up.filter((attempt) => attempts.indexOf(attempt) >= 9)),
    );
    expect(await pages('/v1/calls')).toEqual(latestFirst(attempts));
  });

  test('one, with its events in order; a row of keys is masked', async () => {
    const { id, contactId } = attempts[0]!;
    await rig.db.inTenant(rig.tenantId, async (tx) => {
      for (const [n, digits] of [
        [1, '9'],
        [0, '12345678'],
      ] as const) {
        await tx.query(
          `INSERT INTO call_events (tenant_id, carrier_id, event_id, attempt_id, type, at, payload, received_real)
           VALUES ($1, $2, $3, $4, 'dtmf', $5, $6, now())`,
          [
            tx.tenantId,
            carrierId,
            `e${n}`,
            id,
            new Date(NOW + n * 1_000).toISOString(),
            JSON.stringify({ reference: 'r', digits, end: null }),
          ],
        );
      }
    });
    const answer = await rig.call('GET', `/v1/contacts/${contactId}/attempts/1/call`);
    expect(answer.body).toMatchObject({
      attemptId: id,
      status: 'ended',
      events: [
        { eventId: 'e0', digits: '******78' },
        { eventId: 'e1', digits: '9' },
      ],
    });
    expect((await rig.callOther('GET', `/v1/contacts/${contactId}/attempts/1/call`)).status).toBe(404);
  });
});

describe('decisions', () => {
  test('newest first, in pages, each once; by campaign, contact, person, verdict, reason, stage and instant', async () => {
    const all = await pages('/v1/decisions');
    expect(new Set(all).size).toBe(12);
    const count = async (query: string) => (await pages('/v1/decisions', query)).length;
    expect(await count(`campaignId=${otherId}`)).toBe(3);
    expect(await count(`contactId=${attempts[0]!.contactId}`)).toBe(1);
    expect(await count(`personId=${attempts[0]!.personId}`)).toBe(1);
    expect(await count('verdict=allow')).toBe(4);
    expect(await count('reason=consent.missing')).toBe(8);
    expect(await count('stage=dial&verdict=deny')).toBe(4);
    expect(await count(`from=${instant(NOW + 60_000)}&before=${instant(NOW + 120_000)}`)).toBe(2);
    expect(await count(`personId=${attempts[0]!.personId}&campaignId=${otherId}`)).toBe(0);
  });

  test('the whole trace, its pseudonyms cut short', async () => {
    const [id] = await pages('/v1/decisions', 'verdict=deny', 500);
    const answer = await rig.call('GET', `/v1/decisions/${id}`);
    expect(answer.body).toMatchObject({
      verdict: 'deny',
      facts: { number: { pseudonym: 'abababab…' }, attempts: [{ number: 'cdcdcdcd…' }] },
      results: [{ rule: 'engine.zone', citation: null }],
    });
    expect((await rig.call('GET', `/v1/decisions/${uuidv7()}`)).status).toBe(404);
    expect((await rig.callOther('GET', `/v1/decisions/${id}`)).status).toBe(404);
  });

  test('a page that looked through all it may leads on, though it holds nothing', async () => {
    const busy = await addCampaign(rig, { name: 'Busy' });
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                                horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
         SELECT $1, gen_random_uuid(), $2, $2, $2, 'admission', i, now() - make_interval(secs => i), now(), 0,
                CASE WHEN i = 5500 THEN 'deny' ELSE 'defer' END, NULL, '{}', 'test', 'none', '{}', 'x', '[]'
         FROM generate_series(1, 5600) AS i`,
        [tx.tenantId, busy],
      ),
    );
    const query = `campaignId=${busy}&verdict=deny`;
    const first = await rig.call('GET', `/v1/decisions?${query}`);
    expect(first.body.items).toEqual([]);
    expect(first.body.next).not.toBeNull();
    expect(await pages('/v1/decisions', query)).toHaveLength(1);
  });
});
