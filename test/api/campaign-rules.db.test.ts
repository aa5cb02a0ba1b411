import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addCampaign, addCarrier, addContact, createRig, definition, type Answer, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

const of = (answer: Answer) => answer.body as unknown as Record<string, unknown>;
const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<T>(sql, [rig.tenantId, ...values]));

const ATTRIBUTES = { balance: 'number', city: 'text' };

let made = 0;
async function withAttributes(campaignId: string, attributes: Record<string, unknown>): Promise<string> {
  const { contactId, personId } = await addContact(rig, {
    campaignId,
    number: `+1202555${String(100 + (made += 1)).padStart(4, '0')}`,
  });
  const sealed = await rig.vault.sealAttributes(rig.tenantId, personId, contactId, attributes);
  if (sealed.kind !== 'opened') throw new Error('erased');
  await rows('UPDATE contacts SET attributes = $3 WHERE tenant_id = $1 AND id = $2', contactId, sealed.value);
  return contactId;
}

describe('rules of a campaign', () => {
  test.each([
    [
      { attributes: ATTRIBUTES, filter: 'contact.balanc > 100' },
      {
        field: 'rules.filter',
        fault: 'at character 9 names balanc, which is no attribute',
        expected: expect.stringContaining('such as contact.balance, contact.city') as string,
      },
    ],
    [
      { attributes: ATTRIBUTES, priorities: [{ when: 'contact.city ==', priority: 9 }] },
      {
        field: 'rules.priorities[0].when',
        fault: expect.stringMatching(/^at character 16 cannot be read/) as string,
      },
    ],
    [
      { attributes: ATTRIBUTES, quotas: [{ name: 'q', when: 'contact.city > 1', counts: 'calls', max: 1 }] },
      { field: 'rules.quotas[0].when', fault: expect.stringContaining('at character 1 ') as string },
    ],
    [
      { quotas: [{ name: 'q', counts: 'calls', max: -1 }] },
      { field: 'rules.quotas[0].max', fault: 'is negative', expected: '0 or more' },
    ],
    [
      { goals: [{ counts: 'conversions', reach: 0 }] },
      { field: 'rules.goals[0].reach', fault: 'is below 1' },
    ],
    [
      { mixing: { lists: [{ list: 'a.csv', weight: 0 }] } },
      { field: 'rules.mixing.lists[0].weight', fault: 'is not above 0' },
    ],
    [{ zone: 'Mars/Base' }, { field: 'rules.zone', fault: 'is no time zone' }],
    [
      { activeHours: { windows: [{ days: ['mon'], from: '12:00', until: '09:00' }] } },
      { field: 'rules.activeHours.windows[0].until', fault: 'is an impossible window' },
    ],
    [
      { experiments: { retry: [{ name: 'a', retry: {} }] } },
      { field: 'rules.experiments.retry', fault: 'has fewer than two arms' },
    ],
    [{ filters: 'true' }, { field: 'rules.filters', fault: 'is not a known field' }],
  ])('that cannot hold are refused with field, place and what would be right: %j', async (rules, fault) => {
    const answer = await rig.call('POST', '/v1/campaigns', definition({ rules }));
    expect(answer.status).toBe(400);
    expect(answer.body.faults).toEqual([expect.objectContaining(fault)]);
    const id = await addCampaign(rig);
    const changed = await rig.call('PATCH', `/v1/campaigns/${id}`, { rules }, { 'If-Match': '"1"' });
    expect([changed.status, changed.body.faults]).toEqual([400, [expect.objectContaining(fault)]]);
  });

  test('of experiments name scripts that are there', async () => {
    const script = { id: '0198c0de-0000-7000-8000-000000000009', version: 1 };
    const rules = {
      experiments: {
        script: [
          { name: 'a', script },
          { name: 'b', script },
        ],
      },
    };
    const answer = await rig.call('POST', '/v1/campaigns', definition({ rules }));
    expect([answer.status, answer.body.faults[0]?.field]).toEqual([
      400,
      'rules.experiments.script[0].script.id',
    ]);
  });
});

describe('an expression that is tried', () => {
  test('tells how many match, whom it cannot be asked about, and the first, and changes nothing', async () => {
    const id = await addCampaign(rig, { rules: { attributes: ATTRIBUTES } });
    const rich = await withAttributes(id, { balance: '250' });
    await withAttributes(id, { balance: '50' });
    await withAttributes(id, {});
    const answer = await rig.call('POST', `/v1/campaigns/${id}/rules/try`, {
      expression: 'contact.balance > 100',
    });
    expect([answer.status, of(answer)]).toEqual([
      200,
      {
        asked: 3,
        exact: true,
        matched: 1,
        share: { value: 1 / 3, low: expect.any(Number) as number, high: expect.any(Number) as number },
        faults: [{ fault: 'has no balance, or it is no number', count: 1 }],
        contacts: [rich],
      },
    ]);
    const sampled = await rig.call('POST', `/v1/campaigns/${id}/rules/try`, {
      expression: 'true',
      sample: 2,
      show: 0,
    });
    expect(of(sampled)).toMatchObject({ asked: 2, exact: false, matched: 2, contacts: [] });
  });

  test('is refused with its position', async () => {
    const id = await addCampaign(rig);
    const answer = await rig.call('POST', `/v1/campaigns/${id}/rules/try`, {
      expression: 'contact.city.matches("a")',
      attributes: ATTRIBUTES,
    });
    expect([answer.status, answer.body.faults]).toEqual([
      400,
      [
        expect.objectContaining({
          field: 'expression',
          fault: 'at character 1 calls matches, which is no function here',
        }),
      ],
    ]);
  });

  test('takes the right to change campaigns: who may only see them learns of no attribute', async () => {
    const id = await addCampaign(rig);
    const answer = await rig.callAs('operator', 'POST', `/v1/campaigns/${id}/rules/try`, {
      expression: 'true',
    });
    expect(answer.status).toBe(403);
  });
});

test('a campaign tells how its rules stand', async () => {
  const id = await addCampaign(rig, {
    rules: {
      quotas: [{ name: 'all', counts: 'calls', max: 10 }],
      goals: [{ counts: 'conversions', reach: 5 }],
      experiments: {
        retry: [
          { name: 'few', retry: { maxAttempts: 2 } },
          { name: 'many', retry: { maxAttempts: 5 } },
        ],
      },
    },
  });
  const contactId = await withAttributes(id, {});
  await rows(
    `UPDATE contacts SET state = 'denied', state_reason = 'campaign.filter' WHERE tenant_id = $1 AND id = $2`,
    contactId,
  );
  await rows(
    `INSERT INTO quota_counts (tenant_id, campaign_id, quota, counts, from_at, counted, open)
     VALUES ($1, $2, 'all', 'calls', to_timestamp(0), 3, 1)`,
    id,
  );
  const answer = await rig.call('GET', `/v1/campaigns/${id}/rules`);
  expect([answer.status, of(answer)]).toMatchObject([
    200,
    {
      active: true,
      nextActiveAt: null,
      notCalled: [{ reason: 'campaign.filter', count: 1 }],
      quotas: [{ name: 'all', counts: 'calls', per: 'total', from: null, max: 10, counted: 3, open: 1 }],
      goals: [{ counts: 'conversions', reach: 5, by: null, counted: 0 }],
      experiments: { script: [], retry: [{ arm: 'few', contacts: 0, reached: null }, { arm: 'many' }] },
    },
  ]);
});
