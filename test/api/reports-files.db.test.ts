import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addAttempt, addCampaign, addCarrier, addContact, API_KEY, createRig, NOW, type Rig } from './rig.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';

let rig: Rig;
const campaigns: string[] = [];

interface Raw {
  readonly campaignId: string;
  readonly contactId: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly disposition: string | null;
  readonly reason: string | null;
  readonly carrier: string;
  readonly at: number;
  readonly talkS: number;
}
const raw: Raw[] = [];

/** Twenty contacts in two campaigns with some sixty attempts, drawn from a seed. */
beforeAll(async () => {
  rig = await createRig();
  const carrierId = await addCarrier(rig);
  campaigns.push(await addCampaign(rig, { name: '=SUM(A1)' }), await addCampaign(rig, { name: '春季' }));
  const attempt = fc.record({
    kind: fc.constantFrom(
      'answered',
      'answered',
      'busy',
      'no_answer',
      'revoked',
      'rejected',
      'sent',
      'claimed',
    ),
    disposition: fc.constantFrom(undefined, 'converted', 'refused'),
    hours: fc.integer({ min: 0, max: 60 }),
    talkS: fc.integer({ min: 1, max: 90 }),
    known: fc.boolean(),
  });
  const drawn = fc.sample(fc.array(attempt, { maxLength: 6 }), { numRuns: 20, seed: 11 });
  for (const [i, attempts] of drawn.entries()) {
    const campaignId = campaigns[i % 2]!;
    const contact = await addContact(rig, {
      campaignId,
      number: `+120255501${String(i).padStart(2, '0')}`,
      externalId: i === 0 ? '@cmd,"quoted"' : `E${i}`,
      state: attempts.some((one) => one.disposition === 'converted') ? 'converted' : 'exhausted',
    });
    for (const [n, one] of attempts.entries()) {
      const ended = ['answered', 'busy', 'no_answer'].includes(one.kind);
      const state = ended ? 'ended' : one.kind;
      const disposition = one.kind === 'answered' ? one.disposition : undefined;
      const at = NOW - one.hours * HOUR_MS;
      const id = await addAttempt(rig, {
        campaignId,
        ...contact,
        n: n + 1,
        state,
        at,
        ...(ended ? { outcome: one.kind } : {}),
        ...(disposition === undefined ? {} : { disposition }),
        ...(one.kind === 'answered' ? { talkS: one.talkS } : {}),
      });
      const reason = state === 'revoked' ? 'pause of the campaign' : null;
      await rig.db.inTenant(rig.tenantId, (tx) =>
        tx.query('UPDATE attempts SET reason = $2, carrier_id = coalesce($3, carrier_id) WHERE id = $1', [
          id,
          reason,
          one.known ? carrierId : null,
        ]),
      );
      const [row] = await rig.db.inTenant(rig.tenantId, (tx) =>
        tx.query<{ carrier_id: string }>('SELECT carrier_id FROM attempts WHERE id = $1', [id]),
      );
      raw.push({
        campaignId,
        contactId: contact.contactId,
        state,
        outcome: ended ? one.kind : null,
        disposition: disposition ?? null,
        reason,
        carrier: one.known ? 'line-1' : row!.carrier_id,
        at,
        talkS: one.kind === 'answered' ? one.talkS : 0,
      });
    }
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query('UPDATE contacts SET attempts = $2 WHERE id = $1', [contact.contactId, attempts.length]),
    );
  }
});
afterAll(() => rig.close());

const RANG = ['sending', 'sent', 'ended', 'unknown'];
function figuresOf(all: readonly Raw[]) {
  const rang = all.filter((one) => RANG.includes(one.state));
  const answered = rang.filter((one) => one.outcome === 'answered');
  const ended = rang.filter((one) => one.outcome !== null);
  return {
    attempts: rang.length,
    notSent: all.filter((one) => ['revoked', 'abandoned', 'rejected'].includes(one.state)).length,
    ended: ended.length,
    answered: answered.length,
    answerRate: ended.length === 0 ? null : answered.length / ended.length,
    reached: new Set(answered.map((one) => one.contactId)).size,
    converted: rang.filter((one) => one.disposition === 'converted').length,
    talkS: answered.reduce((sum, one) => sum + one.talkS, 0),
  };
}

const wall = (at: number, zone: string) =>
  new Date(at + (zone === 'Asia/Shanghai' ? 8 : 0) * HOUR_MS).toISOString();
const KEYS: Record<string, (one: Raw, zone: string) => string | null> = {
  hour: (one, zone) => wall(one.at, zone).slice(11, 13),
  day: (one, zone) => wall(one.at, zone).slice(0, 10),
  outcome: (one) => one.outcome,
  reason: (one) => one.reason,
  disposition: (one) => one.disposition,
  carrier: (one) => one.carrier,
};

interface Report {
  readonly rows: readonly (ReturnType<typeof figuresOf> & { readonly key: string | null })[];
  readonly total: ReturnType<typeof figuresOf>;
}

async function report(query: string): Promise<Report> {
  const answer = await rig.call('GET', `/v1/reports/attempts?${query}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body as unknown as Report;
}

const rowsOf = (text: string) => parse<Record<string, string>>(text, { bom: true, columns: true });

async function file(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ text: string; headers: Headers }> {
  const response = await rig.app.request(path, {
    headers: { Authorization: `Bearer ${API_KEY}`, ...headers },
  });
  expect(response.status).toBe(200);
  // Response.text() takes the byte-order mark away.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer());
  return { text, headers: response.headers };
}

describe('attempts', () => {
  test.each(Object.keys(KEYS))('by %s, as counted from the attempts themselves', async (groupBy) => {
    for (const zone of ['UTC', 'Asia/Shanghai']) {
      for (const campaignId of campaigns) {
        const of = raw.filter((one) => one.campaignId === campaignId && one.state !== 'claimed');
        const { rows, total } = await report(`groupBy=${groupBy}&campaignId=${campaignId}&zone=${zone}`);
        const keys = [...new Set(of.map((one) => KEYS[groupBy]!(one, zone)))];
        expect(new Set(rows.map((row) => row.key))).toEqual(new Set(keys));
        for (const row of rows) {
          const expected = figuresOf(of.filter((one) => KEYS[groupBy]!(one, zone) === row.key));
          expect(row).toEqual({ key: row.key, ...expected });
        }
        expect(total).toEqual(figuresOf(of));
      }
    }
  });

  test('over all campaigns of a time: from its beginning, not with its end', async () => {
    const instants = raw
      .filter((one) => one.state !== 'claimed')
      .map((one) => one.at)
      .sort((x, y) => x - y);
    // At instants of attempts, so that both bounds are put to the test.
    const from = instants.at(5)!;
    const to = instants.at(-5)!;
    const range = `from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;
    const { total } = await report(`groupBy=hour&${range}`);
    const within = raw.filter((one) => one.state !== 'claimed' && one.at >= from && one.at < to);
    expect(within.length).toBeGreaterThan(5);
    expect(total).toEqual(figuresOf(within));
  });

  test('days in order, and the file has the same rows', async () => {
    const query = `groupBy=day&campaignId=${campaigns[0]}`;
    const { rows } = await report(query);
    expect(rows.map((row) => row.key)).toEqual(rows.map((row) => row.key).toSorted());
    const { text, headers } = await file(`/v1/reports/attempts?${query}`, { Accept: 'text/csv' });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="attempts-by-day.csv"');
    expect(headers.get('vary')).toMatch(/accept/i);
    expect(text.startsWith('\uFEFFday,attempts,')).toBe(true);
    const parsed = rowsOf(text);
    expect(parsed.map(({ day, attempts, talkS }) => [day, Number(attempts), Number(talkS)])).toEqual(
      rows.map((row) => [row.key, row.attempts, row.talkS]),
    );
  });

  const iso = (at: number) => encodeURIComponent(new Date(at).toISOString());
  test.each([
    ['no range', 'groupBy=day', 'query.from'],
    ['no end', `from=${iso(NOW)}`, 'query.to'],
    ['an end before the beginning', `from=${iso(NOW)}&to=${iso(NOW - 1)}`, 'query.to'],
    ['too long a time', `from=${iso(NOW - 93 * DAY_MS)}&to=${iso(NOW)}`, 'query.to'],
    ['an unknown group', 'groupBy=mood', 'query.groupBy'],
    ['a zone that is none', 'zone=Mars/Olympus', 'query.zone'],
    ['an id that is none', 'campaignId=1', 'query.campaignId'],
    ['an unknown format', 'format=xls', 'query.format'],
  ])('%s is refused with the field at fault', async (_what, query, field) => {
    const answer = await rig.call('GET', `/v1/reports/attempts?${query}`);
    expect([answer.status, answer.body.faults[0]?.field]).toEqual([400, field]);
  });

  test("another tenant's campaign is not found, and its attempts are not counted", async () => {
    for (const id of [campaigns[0], uuidv7()]) {
      const answer = await rig.callOther('GET', `/v1/reports/attempts?campaignId=${id}`);
      expect([answer.status, answer.body.detail]).toEqual([404, 'the campaign was not found']);
    }
    const range = `from=${iso(NOW - 80 * DAY_MS)}&to=${iso(NOW + DAY_MS)}`;
    const answer = await rig.callOther('GET', `/v1/reports/attempts?${range}`);
    expect(answer.body).toMatchObject({ rows: [], total: { attempts: 0, answerRate: null } });
  });
});

describe('campaigns side by side', () => {
  test('the figures of each are those of its own report', async () => {
    const answer = await rig.call('GET', '/v1/reports/campaigns');
    expect(answer.body.items).toHaveLength(2);
    for (const row of answer.body.items as unknown as Record<string, unknown>[]) {
      const campaignId = row['campaignId'] as string;
      const of = raw.filter((one) => one.campaignId === campaignId && one.state !== 'claimed');
      const { converted: _attempts, ...figures } = figuresOf(of);
      const own = (await rig.call('GET', `/v1/campaigns/${campaignId}/report`)).body as unknown as {
        progress: { imported: number; converted: number };
        answerRate: number;
        reached: number;
        conversionRateOfReached: number;
        conversionRateOfImported: number;
        talk: { totalS: number; meanS: number };
      };
      expect(row).toMatchObject({
        ...figures,
        imported: own.progress.imported,
        converted: own.progress.converted,
        answerRate: own.answerRate,
        reached: own.reached,
        conversionRateOfReached: own.conversionRateOfReached,
        conversionRateOfImported: own.conversionRateOfImported,
        meanTalkS: own.talk.meanS,
      });
    }
  });

  test('pages, and filters as in the list', async () => {
    const first = await rig.call('GET', '/v1/reports/campaigns?limit=1');
    const second = await rig.call(
      'GET',
      `/v1/reports/campaigns?limit=1&after=${encodeURIComponent(first.body.next!)}`,
    );
    const ids = [...first.body.items, ...second.body.items] as unknown as { campaignId: string }[];
    expect(ids.map((row) => row.campaignId)).toEqual(campaigns.toReversed());
    expect(second.body.next).toBeNull();
    const named = await rig.call('GET', `/v1/reports/campaigns?name=${encodeURIComponent('春')}`);
    expect(named.body.items).toMatchObject([{ name: '春季' }]);
    expect((await rig.callOther('GET', '/v1/reports/campaigns')).body.items).toEqual([]);
  });

  test('in the file a name that would be a formula is text', async () => {
    const { text } = await file('/v1/reports/campaigns?format=csv');
    const parsed = rowsOf(text);
    expect(parsed.map(({ name }) => name)).toEqual(['春季', "'=SUM(A1)"]);
  });
});

describe('results', () => {
  test('each contact once, with its latest attempt, and neither number nor name', async () => {
    const pages: Record<string, unknown>[] = [];
    let after = '';
    do {
      const page = await rig.call('GET', `/v1/campaigns/${campaigns[0]}/results?limit=3${after}`);
      pages.push(...(page.body.items as unknown as Record<string, unknown>[]));
      after = page.body.next === null ? '' : `&after=${encodeURIComponent(page.body.next)}`;
    } while (after !== '');
    expect(pages).toHaveLength(10);
    expect(JSON.stringify(pages)).not.toMatch(/1202\D?555|\+1/);
    for (const row of pages) {
      const last = raw.filter((one) => one.contactId === row['contactId']).at(-1);
      expect(row).toMatchObject({
        lastOutcome: last?.outcome ?? null,
        disposition: last?.disposition ?? null,
        lastAttemptAt: last === undefined ? null : new Date(last.at).toISOString(),
      });
    }
    const { text } = await file(`/v1/campaigns/${campaigns[0]}/results?format=csv`);
    const parsed = rowsOf(text);
    expect(parsed.map((row) => row['contactId'])).toEqual(pages.map((row) => row['contactId']));
    expect(parsed[0]!['externalId']).toBe(`'@cmd,"quoted"`);
    const some = await rig.call('GET', `/v1/campaigns/${campaigns[0]}/results?state=converted`);
    expect(some.body.items.length).toBe(pages.filter((row) => row['state'] === 'converted').length);
  });

  test('a long list is streamed page by page, each contact once', async () => {
    const campaignId = await addCampaign(rig, { name: 'Long' });
    await rig.db.inTenant(rig.tenantId, (tx) =>
      tx.query(
        `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, external_id, state, rank, priority, ready_at,
                               admissions, attempts, counted_attempts, workflow_open, wake_pending, created_at, updated_at)
         SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'L' || i, 'waiting', 24, 5, now(), 0, 0, 0, false, false,
                now(), now() FROM generate_series(1, 4500) i`,
        [rig.tenantId, campaignId],
      ),
    );
    const { text } = await file(`/v1/campaigns/${campaignId}/results`, { Accept: 'text/csv, */*;q=0.1' });
    const parsed = rowsOf(text);
    expect(new Set(parsed.map((row) => row['externalId'])).size).toBe(4_500);
    expect(parsed).toHaveLength(4_500);
  });

  test("another tenant's campaign is found as little as one that is not, as a file as well", async () => {
    for (const id of [campaigns[0], uuidv7()]) {
      for (const query of ['', '?format=csv']) {
        const answer = await rig.callOther('GET', `/v1/campaigns/${id}/results${query}`);
        expect([answer.status, answer.body.detail]).toEqual([404, 'the campaign was not found']);
      }
    }
  });
});
