import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// Before all that makes schemas: they learn to describe themselves when the API is loaded.
import { addCampaign, addCarrier, createRig, type Rig } from './rig.ts';
import { judgeContacts } from '../../activities/services/judge-contacts.ts';
import type { Role } from '../../domain/access.ts';
import { addWaiting } from './waiting.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

interface Block {
  readonly code: string;
  readonly text: string;
  readonly until: string | null;
  readonly detail: Readonly<Record<string, string | number | null>>;
}
const rows = <T extends object>(sql: string, ...values: unknown[]) =>
  rig.db.inTenant(rig.tenantId, (tx) => tx.query<T>(sql, [rig.tenantId, ...values]));

let made = 0;
async function contact(campaignId: string, attributes: Record<string, unknown>): Promise<string> {
  const number = `+8619900000${String(200 + (made += 1))}`;
  const { contactId, personId } = await addWaiting(rig, { campaignId, number });
  const sealed = await rig.vault.sealAttributes(rig.tenantId, personId, contactId, attributes);
  if (sealed.kind !== 'opened') throw new Error('erased');
  await rows('UPDATE contacts SET attributes = $3 WHERE tenant_id = $1 AND id = $2', contactId, sealed.value);
  return contactId;
}
async function judge(): Promise<void> {
  while (await judgeContacts(rig, rig.tenantId)) {
    // One batch after the other.
  }
}

async function told(contactId: string, of: { role?: Role; language?: string } = {}) {
  const headers = { 'Accept-Language': of.language ?? 'en' };
  const path = `/v1/contacts/${contactId}`;
  const ask = (what: string) =>
    rig.callAs(of.role ?? 'manager', 'GET', `${path}/${what}`, undefined, headers);
  const explained = (await ask('explanation')).body as unknown as {
    readonly callable: boolean;
    readonly summary: string;
    readonly nextEligibleAt: string | null;
    readonly blocks: readonly Block[];
    readonly remedies: { readonly blocks: readonly { readonly code: string; readonly text: string }[] };
  };
  const story = (await ask('timeline')).body as unknown as { readonly entries: readonly { text: string }[] };
  const of_ = (code: string) => explained.blocks.find((block) => block.code === code);
  return { ...explained, block: of_, now: story.entries.at(-1)!.text };
}

describe('whom the filter leaves out', () => {
  const rules = {
    attributes: { balance: 'number', city: 'text', vip: 'boolean' },
    filter: 'contact.balance > 100 && (contact.city == "Bern" || contact.city == "Basel")',
  };
  let campaignId: string;
  let poor: string;
  let unknown: string;
  beforeAll(async () => {
    campaignId = await addCampaign(rig, { rules });
    poor = await contact(campaignId, { balance: '50', city: 'Bern', vip: 'yes' });
    unknown = await contact(campaignId, { balance: 'much', city: 'Chur' });
    await judge();
  });

  test('is told the filter, what of it does not hold, and what it looked at, in both languages', async () => {
    const english = await told(poor);
    expect(english.block('campaign.filter')).toEqual({
      code: 'campaign.filter',
      until: null,
      detail: {
        filter: rules.filter,
        unmet: 'contact.balance > 100',
        attributes: 'balance',
        'contact.balance': '50',
      },
      text: `the campaign’s filter leaves the contact out: ${rules.filter}, of which this does not hold: contact.balance > 100 (contact.balance is 50)`,
    });
    expect(english.callable).toBe(false);
    expect(english.summary).toContain('contact.balance is 50');
    expect(english.remedies.blocks.map(({ code }) => code)).toContain('campaign.filter');
    expect(english.now).toContain('contact.balance is 50');
    const chinese = await told(poor, { language: 'zh' });
    expect(chinese.block('campaign.filter')!.text).toBe(
      `任务的筛选条件排除了该名单项：${rules.filter}，其中不满足：contact.balance > 100（contact.balance 为 50）`,
    );
  });

  test('is told which attributes are wanting where the filter could not be asked', async () => {
    const { block } = await told(unknown);
    // The condition that could be asked does not hold, which is enough.
    expect(block('campaign.filter')!.detail).toEqual({
      filter: rules.filter,
      unmet: 'contact.balance > 100; contact.city == "Bern" || contact.city == "Basel"',
      attributes: 'balance, city',
      'contact.balance': null,
      'contact.city': 'Chur',
    });
    const other = await contact(campaignId, { city: 'Bern' });
    await judge();
    expect((await told(other)).block('campaign.filter_fault')!.text).toBe(
      `the campaign’s filter could not be asked about the contact: ${rules.filter}, of which this does not hold: contact.balance > 100 (contact.balance is not there, or cannot be read)`,
    );
  });

  test('what attributes hold is shown to those alone who may try expressions', async () => {
    const { block, now } = await told(poor, { role: 'operator' });
    expect(block('campaign.filter')!.detail).toEqual({
      filter: rules.filter,
      unmet: 'contact.balance > 100',
      attributes: 'balance',
    });
    expect(block('campaign.filter')!.text).toMatch(/\(it looks at balance\)$/);
    expect(now).not.toContain('50');
  });

  test('is counted with the filter in the causes of the whole campaign', async () => {
    const answer = await rig.call('POST', `/v1/campaigns/${campaignId}/why`, { forecast: false });
    const { causes } = answer.body as unknown as { causes: { code: string; text: string }[] };
    expect(causes.find(({ code }) => code === 'campaign.filter')!.text).toContain(rules.filter);
  });
});

describe('whom a quota holds back', () => {
  const quota = { name: 'Bern', when: 'contact.city == "Bern"', counts: 'conversions', max: 2 };
  const ruled = (more: object) =>
    addCampaign(rig, {
      rules: { attributes: { city: 'text' }, zone: 'Asia/Shanghai', quotas: [{ ...quota, ...more }] },
    });
  const count = (campaignId: string, counted: number, open: number, from = 'to_timestamp(0)') =>
    rows(
      `INSERT INTO quota_counts (tenant_id, campaign_id, quota, counts, from_at, counted, open)
       VALUES ($1, $2, 'Bern', 'conversions', ${from}, $3, $4)`,
      campaignId,
      counted,
      open,
    );

  test('is told which, how far it is filled and until when, also before anybody looked at the contact', async () => {
    const campaignId = await ruled({});
    const bern = await contact(campaignId, { city: 'Bern' });
    const basel = await contact(campaignId, { city: 'Basel' });
    expect((await told(bern)).block('campaign.rules_pending')).toBeDefined();
    await judge();
    await count(campaignId, 1, 1);
    expect((await told(basel)).blocks.map(({ code }) => code)).toEqual(['campaign.draft']);
    expect((await told(bern)).block('campaign.quota_busy')).toMatchObject({
      until: new Date(rig.clock.now() + 60_000).toISOString(),
      text: 'calls that are up may fill the quota “Bern”: 1 of 2 conversions, and 1 call up',
    });
    await rows(
      'UPDATE quota_counts SET counted = 2, open = 0 WHERE tenant_id = $1 AND campaign_id = $2',
      campaignId,
    );
    expect((await told(bern)).block('campaign.quota')).toMatchObject({
      until: null,
      text: 'the quota “Bern” is full for good: 2 of 2 conversions',
      detail: { quota: 'Bern', counts: 'conversions', per: 'total', max: 2, counted: 2, open: 0 },
    });
    expect((await told(bern, { language: 'zh' })).block('campaign.quota')!.text).toBe(
      '配额“Bern”已满：转化 2，上限 2',
    );
    await rows(
      `UPDATE contacts SET state = 'denied', state_reason = 'campaign.quota' WHERE tenant_id = $1 AND id = $2`,
      bern,
    );
    expect((await told(bern)).now).toContain('the quota “Bern” is full for good: 2 of 2 conversions');
  });

  test('of a day is told until the next, by when it may be called again', async () => {
    const campaignId = await ruled({ per: 'day' });
    const bern = await contact(campaignId, { city: 'Bern' });
    await judge();
    await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
    const midnight = new Date(rig.clock.now() + 8 * 3_600_000).toISOString().slice(0, 10);
    await count(campaignId, 2, 0, `'${midnight}T00:00:00+08:00'`);
    const { block, nextEligibleAt } = await told(bern);
    const next = new Date(Date.parse(`${midnight}T00:00:00+08:00`) + 24 * 3_600_000).toISOString();
    expect(block('campaign.quota_day')).toMatchObject({
      until: next,
      text: `the quota “Bern” is full for the day, until ${next}: 2 of 2 conversions`,
    });
    expect(Date.parse(nextEligibleAt!)).toBeGreaterThanOrEqual(Date.parse(next));
    await rows(
      `UPDATE contacts SET state_reason = 'campaign.quota_day', ready_at = $3 WHERE tenant_id = $1 AND id = $2`,
      bern,
      next,
    );
    const why = (await rig.call('GET', `/v1/campaigns/${campaignId}/why`)).body as unknown as {
      causes: { code: string; quotas: object[] }[];
    };
    expect(why.causes).toMatchObject([
      { code: 'campaign.quota_day', quotas: [{ name: 'Bern', per: 'day', max: 2, counted: 2 }] },
    ]);
  });
});
