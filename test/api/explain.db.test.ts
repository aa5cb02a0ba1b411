import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { addCampaign, addCarrier, addContact, createRig, NOW, type Answer, type Rig } from './rig.ts';

let rig: Rig;
let campaignId: string;
let draftId: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  draftId = await addCampaign(rig, { name: 'Draft' });
  campaignId = await addCampaign(rig);
});
afterAll(() => rig.close());

interface Explained {
  readonly summary: string;
  readonly verdict: string;
  readonly callable: boolean;
  readonly hypothetical: boolean;
  readonly campaign: { readonly id: string };
  readonly blocks: readonly { readonly code: string; readonly text: string }[];
  readonly rules: readonly {
    readonly rule: string;
    readonly outcome: string;
    readonly citation: object | null;
  }[];
  readonly missing: readonly { readonly reason: string; readonly text: string }[];
  readonly remedies: {
    readonly rules: readonly {
      readonly rule: string;
      readonly ways: readonly { readonly code: string; readonly text: string; readonly proved: boolean }[];
    }[];
    readonly blocks: readonly { readonly code: string; readonly text: string }[];
  };
  readonly policies: { readonly since: string | null };
  readonly unknown: readonly { readonly fact: string; readonly text: string }[];
}

const one = (answer: Answer) => answer.body as unknown as Explained;
const many = (answer: Answer) =>
  answer.body as unknown as { explanations: Explained[]; number: string; personId: string | null };

async function rowCounts(): Promise<string> {
  const rows = await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query<Record<string, number>>(
      `SELECT (SELECT count(*) FROM decisions) AS d, (SELECT count(*) FROM policy_sets) AS s,
              (SELECT count(*) FROM policy_documents) AS p, (SELECT count(*) FROM changes) AS c,
              (SELECT count(*) FROM policy_activations) AS a`,
    ),
  );
  return JSON.stringify(rows[0]);
}

test('of a draft before any start: by the shipped packs, and nothing is stored', async () => {
  const { contactId } = await addContact(rig, { campaignId: draftId, number: '+12025550170' });
  const before = await rowCounts();
  const told = one(await rig.call('GET', `/v1/contacts/${contactId}/explanation`));
  expect(told).toMatchObject({ callable: false, hypothetical: false, policies: { since: null } });
  expect(told.blocks.map((block) => block.code)).toEqual(['campaign.draft']);
  expect(told.rules.length).toBeGreaterThan(3);
  // A campaign with hours of its own binds a set that no decision was made by yet.
  const hours = [{ days: ['mon'], from: '09:00', until: '10:00' }];
  const own = await addCampaign(rig, { name: 'Own hours', callingHours: hours });
  const mine = await addContact(rig, { campaignId: own, number: '+12025550170' });
  const counted = await rowCounts();
  const narrowed = one(await rig.call('GET', `/v1/contacts/${mine.contactId}/explanation`));
  expect(narrowed.rules.map((rule) => rule.rule)).toContain('campaign.calling-hours');
  expect(await rowCounts()).toBe(counted);
  expect(before).not.toBe('');
});

describe('of a contact', () => {
  let contactId: string;
  beforeAll(async () => {
    await rig.call('POST', `/v1/campaigns/${campaignId}/start`);
    ({ contactId } = await addContact(rig, { campaignId, number: '+12025550171' }));
  });

  test('every rule with its citation, what is wanting, and a sentence', async () => {
    const told = one(await rig.call('GET', `/v1/contacts/${contactId}/explanation`));
    expect(told).toMatchObject({ verdict: 'deny', callable: false });
    expect(told.missing.length).toBeGreaterThan(0);
    expect(told.summary).toMatch(/^Not called at this instant: .*\. No later instant is known/);
    const denied = told.rules.filter((rule) => rule.outcome === 'deny');
    expect(denied.length).toBeGreaterThan(0);
  });

  test('what would have to change, rule by rule, in both languages', async () => {
    const ask = async (language: string) =>
      one(
        await rig.call('GET', `/v1/contacts/${contactId}/explanation`, undefined, {
          'Accept-Language': language,
        }),
      );
    const consentOf = (told: Explained) =>
      told.remedies.rules.flatMap((rule) => rule.ways).find((way) => way.code === 'consent.give');
    expect(consentOf(await ask('en'))).toMatchObject({
      text: 'express consent for marketing by voice, given by the person and recorded before the call',
      proved: true,
    });
    expect(consentOf(await ask('zh'))?.text).toBe('对“营销”语音外呼的明示同意，由本人作出并在呼叫前登记');
  });

  test('in Chinese for those who read it', async () => {
    const answer = await rig.call(
      'GET',
      `/v1/contacts/${contactId}/explanation?at=2026-03-01T00:00:00Z`,
      undefined,
      {
        'Accept-Language': 'fr;q=0.9, zh-CN;q=0.8, en;q=0.1',
      },
    );
    // Before the campaign was made.
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((fault) => fault.field)).toEqual(['query.at']);
    const now = await rig.call('GET', `/v1/contacts/${contactId}/explanation`, undefined, {
      'Accept-Language': 'zh-CN',
    });
    expect(now.headers.get('content-language')).toBe('zh');
    expect(one(now).summary).toMatch(/^此刻不呼叫：/);
  });

  test('a paused campaign is told beside the rules; an instant to come is told as such', async () => {
    await rig.call('POST', `/v1/campaigns/${campaignId}/pause`);
    const at = encodeURIComponent(new Date(NOW + 3_600_000).toISOString());
    const told = one(await rig.call('GET', `/v1/contacts/${contactId}/explanation?at=${at}`));
    await rig.call('POST', `/v1/campaigns/${campaignId}/resume`);
    expect(told.blocks).toMatchObject([{ code: 'campaign.paused', text: 'the campaign is paused' }]);
    expect(told.unknown).toMatchObject([{ fact: 'future.facts' }]);
  });

  test('bad instants, nobody, and another tenant', async () => {
    const bad = await rig.call('GET', `/v1/contacts/${contactId}/explanation?at=yesterday`);
    expect(bad.body.faults.map((fault) => fault.field)).toEqual(['query.at']);
    expect((await rig.call('GET', `/v1/contacts/${uuidv7()}/explanation`)).status).toBe(404);
    expect((await rig.callOther('GET', `/v1/contacts/${contactId}/explanation`)).status).toBe(404);
  });
});

describe('of a number', () => {
  const explain = (body: unknown) => rig.call('POST', '/v1/explain', body);

  test('in each campaign the person is in, those that are open first', async () => {
    const second = await addCampaign(rig, { name: 'Second' });
    const open = await addContact(rig, { campaignId: second, number: '+12025550172' });
    await addContact(rig, { campaignId, number: '+12025550172', state: 'converted' });
    const told = many(await explain({ number: '+1 202 555 0172' }));
    expect(told).toMatchObject({ number: '+1 20****0172', personId: open.personId });
    expect(told.explanations.map((one) => one.campaign.id)).toEqual([second, campaignId]);
    expect(told.explanations[1]!.blocks.map((block) => block.code)).toContain('contact.ended');
    expect(JSON.stringify(told)).not.toContain('5550172');
  });

  test('of nobody here: how a contact would be decided, in the campaigns that run', async () => {
    const told = many(await explain({ number: '+12025550173' }));
    expect(told.personId).toBeNull();
    expect(told.explanations).toMatchObject([
      { campaign: { id: campaignId }, hypothetical: true, verdict: 'deny' },
    ]);
  });

  test('of nobody here who is suppressed: the entry is found all the same', async () => {
    await rig.call('POST', '/v1/suppressions', { number: '+12025550174' });
    const told = many(await explain({ number: '+12025550174', campaignId }));
    const against = told.explanations[0]!.rules.filter((rule) => rule.outcome === 'deny');
    expect(against.map((rule) => rule.rule).join(' ')).toMatch(/opt|suppress|internal/);
  });

  test('a campaign there is not, a number that is none, a field too many', async () => {
    expect((await explain({ number: '+12025550173', campaignId: uuidv7() })).status).toBe(404);
    const bad = await explain({ number: '12', name: 'x' });
    expect(bad.body.faults.map((fault) => fault.field).sort()).toEqual(['name', 'number']);
  });
});
