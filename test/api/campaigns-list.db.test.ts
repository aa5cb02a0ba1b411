import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CAMPAIGN_ORDERS } from '../../db/repositories/campaigns.ts';
import { addCampaign, addCarrier, createRig, NOW, type Rig } from './rig.ts';

let rig: Rig;
/** Names by id. */
const made = new Map<string, string>();
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  for (const [name, purpose] of [
    ['spring', 'marketing'],
    ['Autumn 100%', 'survey'],
    ['autumn', 'marketing'],
    ['Winter', 'survey'],
    ['autumn', 'collection'],
  ] as const) {
    made.set(await addCampaign(rig, { name, purpose }), name);
  }
  const ids = [...made.keys()];
  // Started in another order than created; the last two are drafts.
  for (const [n, at] of [
    [2, 1],
    [0, 2],
    [1, 2],
  ] as const) {
    rig.clock.set(NOW + at * 1_000);
    await rig.call('POST', `/v1/campaigns/${ids[n]}/start`);
  }
});
afterAll(() => rig.close());

async function listed(query: string, limit = 500): Promise<string[]> {
  const ids: string[] = [];
  let after = '';
  do {
    const page = await rig.call('GET', `/v1/campaigns?limit=${limit}${query}${after}`);
    expect(page.status, JSON.stringify(page.body)).toBe(200);
    ids.push(...page.body.items.map((campaign) => campaign.id));
    after = page.body.next === null ? '' : `&after=${encodeURIComponent(page.body.next)}`;
  } while (after !== '');
  return ids;
}
const numbersOf = (ids: readonly string[]) => ids.map((id) => [...made.keys()].indexOf(id));

describe('orders', () => {
  test.each([
    ['created', [0, 1, 2, 3, 4]],
    ['-created', [4, 3, 2, 1, 0]],
    ['name', [2, 4, 1, 0, 3]],
    ['-name', [3, 0, 1, 4, 2]],
    ['started', [3, 4, 2, 0, 1]],
    ['-started', [1, 0, 2, 4, 3]],
  ])('%s', async (sort, expected) => {
    expect(numbersOf(await listed(`&sort=${sort}`))).toEqual(expected);
  });

  test.each(CAMPAIGN_ORDERS)('pages of %s follow one another without loss or repeat', async (sort) => {
    const whole = await listed(`&sort=${sort}`);
    expect(await listed(`&sort=${sort}`, 1)).toEqual(whole);
    expect(await listed(`&sort=${sort}`, 2)).toEqual(whole);
  });
});

describe('filters', () => {
  test.each([
    ['&status=running', [2, 1, 0]],
    ['&purpose=survey', [3, 1]],
    ['&name=AUTUMN', [4, 2, 1]],
    // No pattern: what stands there is looked for.
    ['&name=0%25', [1]],
    ['&name=autumn&purpose=marketing&status=running', [2]],
    ['&name=summer', []],
  ])('%s', async (query, expected) => {
    expect(numbersOf(await listed(query))).toEqual(expected);
  });
});

describe('cursors', () => {
  test('one of another filter, order or tenant, or one that was altered, is refused', async () => {
    const next = encodeURIComponent((await rig.call('GET', '/v1/campaigns?limit=1')).body.next!);
    for (const query of [
      `&sort=name&after=${next}`,
      `&status=draft&after=${next}`,
      `&after=A${next}`,
      '&after=nonsense',
      '&after=',
    ]) {
      const answer = await rig.call('GET', `/v1/campaigns?limit=1${query}`);
      expect([answer.status, answer.body.faults[0]?.field]).toEqual([400, 'query.after']);
    }
    expect((await rig.callOther('GET', `/v1/campaigns?limit=1&after=${next}`)).status).toBe(400);
  });

  test.each(['&sort=size', '&status=asleep', '&purpose=spam', '&limit=0'])('%s is refused', async (query) => {
    const answer = await rig.call('GET', `/v1/campaigns?x=1${query}`.replace('x=1&', ''));
    expect(answer.status).toBe(400);
  });
});
