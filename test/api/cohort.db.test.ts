import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { HOUR_MS, MINUTE_MS, toIso } from '../../domain/time.ts';
import { addCampaign, addCarrier, addContact, createRig, NOW, type Rig } from './rig.ts';
import { addWaiting, type WaitingSeed } from './waiting.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
});
afterAll(() => rig.close());

interface Cause {
  readonly outcome: string;
  readonly code: string;
  readonly text: string;
  readonly state: string | null;
  readonly rule: { readonly id: string; readonly citation: { readonly instrument: string } | null } | null;
  readonly count: number;
  readonly low: number;
  readonly high: number;
  readonly nextAt: string | null;
  readonly samples: readonly string[];
  readonly remedies: readonly { readonly code: string; readonly text: string; readonly proved: boolean }[];
}
interface Answer {
  readonly summary: string;
  readonly total: number;
  readonly waiting: number;
  readonly evaluated: number;
  readonly exact: boolean;
  readonly causes: readonly Cause[];
  readonly blocks: readonly { readonly code: string; readonly text: string; readonly remedy: string }[];
  readonly forecast: {
    readonly text: string;
    readonly eligible: { readonly count: number };
    readonly dialled: number;
    readonly steps: readonly { readonly becoming: { readonly count: number }; readonly dialled: number }[];
    readonly assumed: Readonly<Record<string, unknown>> | null;
  } | null;
}

async function ask(campaignId: string, body: unknown = {}, language = 'en'): Promise<Answer> {
  const answer = await rig.call('POST', `/v1/campaigns/${campaignId}/why`, body, {
    'Accept-Language': language,
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const told = answer.body as unknown as Answer;
  expect(told.causes.reduce((sum, cause) => sum + cause.count, 0)).toBe(told.total);
  return told;
}

async function running(change: Record<string, unknown> = {}): Promise<string> {
  const id = await addCampaign(rig, change);
  expect((await rig.call('POST', `/v1/campaigns/${id}/start`)).status).toBe(200);
  return id;
}

let made = 0;
const add = (campaignId: string, more: Partial<WaitingSeed> = {}) =>
  addWaiting(rig, {
    campaignId,
    number: `+861990001${String((made += 1)).padStart(4, '0')}`,
    ...more,
  });

/** Eight contacts, each held by something else. */
async function eight(): Promise<string> {
  const id = await running();
  await add(id);
  await add(id, { consent: false });
  await add(id, { suppressed: true });
  await add(id, { readyAt: NOW + 20 * MINUTE_MS, stateReason: 'retry.busy' });
  await add(id, { number: '+12125550178' });
  await addContact(rig, {
    campaignId: id,
    number: '+8619900029991',
    state: 'converted',
    stateReason: 'disposition.converted',
  });
  await addContact(rig, {
    campaignId: id,
    number: '+8619900029992',
    state: 'denied',
    stateReason: 'consent.missing',
  });
  await addContact(rig, { campaignId: id, number: '+8619900029993', state: 'admitted' });
  return id;
}

describe('why contacts are not being dialled', () => {
  test('each under one cause, with rule, citation and what would have to change, in words', async () => {
    const told = await ask(await eight());
    expect(told).toMatchObject({ total: 8, waiting: 5, evaluated: 5, exact: true, blocks: [] });
    const of = (code: string, outcome: string) =>
      told.causes.find((cause) => cause.code === code && cause.outcome === outcome);
    expect(of('capacity', 'now')).toMatchObject({ count: 1, text: 'they wait for a line that is free' });
    const denied = told.causes.filter((cause) => cause.outcome === 'denied');
    expect(denied.map((cause) => cause.code).sort()).toEqual(['consent.missing', 'optout.internal']);
    const consent = of('consent.missing', 'denied')!;
    expect(consent).toMatchObject({
      text: 'no consent on record',
      remedies: [{ code: 'consent.give', proved: true }],
    });
    expect(consent.rule?.citation?.instrument).toBeTruthy();
    expect(of('optout.internal', 'denied')!.remedies).toMatchObject([
      { code: 'optout.nothing', proved: false },
    ]);
    expect(of('retry.busy', 'deferred')).toMatchObject({
      text: 'the delay after a call that came to: busy',
      nextAt: toIso(NOW + 20 * MINUTE_MS),
    });
    expect(of('window.closed', 'deferred')!.remedies[0]).toMatchObject({ code: 'wait', proved: true });
    expect(of('disposition.converted', 'ended')).toMatchObject({ state: 'converted', count: 1 });
    expect(of('consent.missing', 'ended')).toMatchObject({
      state: 'denied',
      text: 'ended as denied (no consent on record)',
    });
    expect(of('admitted', 'admitted')).toMatchObject({ count: 1 });
    expect(told.summary).toMatch(/^Of 8 contacts, no rule stands against 1\. Most of the others: /);
  });

  test('in Chinese, no sentence is left in English', async () => {
    const told = await ask(await eight(), {}, 'zh');
    for (const cause of told.causes) {
      expect(cause.text).toMatch(/\p{Script=Han}/u);
      for (const way of cause.remedies) expect(way.text).toMatch(/\p{Script=Han}/u);
    }
    expect(told.summary).toMatch(/^共 8 个名单项/);
    expect(told.forecast!.text).toMatch(/^到 /);
  });

  test('by state, by reason, by id, by place; filters of several kinds narrow', async () => {
    const id = await eight();
    const total = async (body: unknown) => (await ask(id, body)).total;
    expect(await total({ states: ['waiting'] })).toBe(5);
    expect(await total({ states: ['denied', 'converted'] })).toBe(2);
    expect(await total({ reasons: ['consent.missing'] })).toBe(1);
    expect(await total({ reasons: ['consent.missing'], states: ['waiting'] })).toBe(0);
    expect(await total({ zones: ['America/New_York'] })).toBe(1);
    expect(await total({ jurisdictions: ['US'] })).toBe(1);
    expect(await total({ jurisdictions: ['US'], zones: ['Asia/Shanghai'] })).toBe(0);
    const { contactId } = await add(id);
    const other = await add(await running());
    expect(await total({ contactIds: [contactId, other.contactId] })).toBe(1);
  });

  test('what holds up all of them is told, with what would end it, and the rules are asked all the same', async () => {
    const id = await running();
    await add(id);
    await add(id, { consent: false });
    await rig.call('POST', `/v1/campaigns/${id}/pause`);
    const told = await ask(id);
    expect(told.blocks).toMatchObject([
      { code: 'campaign.paused', text: 'the campaign is paused', remedy: 'the campaign is resumed' },
    ]);
    expect(told.causes.map((cause) => cause.code).sort()).toEqual(['campaign.paused', 'consent.missing']);
    expect(told.forecast).toMatchObject({ dialled: 0 });
  });
});

describe('the next hour', () => {
  test('who becomes eligible in which five minutes, and how many the lines can take', async () => {
    const id = await running();
    await add(id);
    await add(id, { readyAt: NOW + 7 * MINUTE_MS, stateReason: 'retry.busy' });
    await add(id, { readyAt: NOW + 2 * HOUR_MS, stateReason: 'retry.busy' });
    const { forecast } = await ask(id, { forecast: true });
    expect(forecast!.steps.map((step) => step.becoming.count)).toEqual([1, 1, ...Array<number>(10).fill(0)]);
    expect(forecast).toMatchObject({
      eligible: { count: 2 },
      dialled: 2,
      assumed: { holdFrom: 'ring_timeout', callsPerSecond: expect.any(Number) as number },
    });
    expect((await ask(id, { forecast: false })).forecast).toBeNull();
  });
});

test('of more than are all asked about, a sample answers with an honest interval', async () => {
  const id = await running();
  const person = await add(id, { consent: false });
  await rig.db.inTenant(rig.tenantId, (tx) =>
    tx.query(
      `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, state, rank, priority, cohort, ready_at, admissions,
                             attempts, counted_attempts, workflow_open, wake_pending, created_at, updated_at)
       SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'waiting', 24, 5, '', $3, 0, 0, 0, false, false, $3, $3
       FROM generate_series(1, 6000)`,
      [rig.tenantId, id, toIso(NOW)],
    ),
  );
  expect(person.contactId).toBeTruthy();
  const told = await ask(id, { sample: 100 });
  expect(told).toMatchObject({ total: 6001, waiting: 6001, evaluated: 100, exact: false });
  const [most] = told.causes;
  // Persons without a number: nearly all of them.
  expect(most).toMatchObject({ code: 'number.missing' });
  expect(most!.low).toBeLessThan(6000);
  expect(most!.high).toBeGreaterThanOrEqual(6000);
});

test('bad questions are told field by field; another tenant’s campaign is not found', async () => {
  const id = await addCampaign(rig);
  const bad = await rig.call('POST', `/v1/campaigns/${id}/why`, {
    states: ['lost'],
    contactIds: [],
    sample: 7,
    color: 'red',
  });
  expect(bad.status).toBe(400);
  expect(bad.body.faults.map((fault) => fault.field).sort()).toEqual([
    'color',
    'contactIds',
    'sample',
    'states[0]',
  ]);
  expect((await rig.callOther('POST', `/v1/campaigns/${id}/why`, {})).status).toBe(404);
  expect((await rig.call('POST', `/v1/campaigns/${uuidv7()}/why`, {})).status).toBe(404);
});
