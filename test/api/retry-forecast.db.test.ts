import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// Before all that makes schemas: they learn to describe themselves when the API is loaded.
import { addAttempt, addCampaign, addCarrier, createRig, NOW, type Rig } from './rig.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { addWaiting } from './waiting.ts';

interface Estimated {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}
interface Figures {
  readonly played: number;
  readonly attempts: number;
  readonly attemptsEach: Estimated;
  readonly answers: Estimated;
  readonly conversions: Estimated;
  readonly daysToAll: number | null;
  readonly byAttempt: readonly { readonly n: number; readonly answerRate: number }[];
}
interface Forecast extends Figures {
  readonly arms: readonly {
    readonly arm: string;
    readonly weight: number;
    readonly contacts: number;
    readonly figures: Figures | null;
  }[];
}
interface Body {
  readonly basis: {
    readonly source: string;
    readonly attempts: number;
    readonly contacts: number;
    readonly callsPerHour: number;
    readonly zone: string;
    readonly hours: readonly object[];
    readonly assumed: readonly string[];
    readonly leavesOut: readonly string[];
    readonly answerByAttempt: readonly number[];
    readonly numbersEach: number;
  };
  readonly forecast: Forecast;
  readonly byOwnRules: Forecast | null;
}

let rig: Rig;
let campaignId: string;
let empty: string;
beforeAll(async () => {
  rig = await createRig();
  await addCarrier(rig);
  campaignId = await addCampaign(rig, { name: 'Called' });
  empty = await addCampaign(rig, { name: 'Empty' });
  // Two hundred and forty first attempts at ten in the morning in Shanghai, nine of ten of them answered.
  const contact = await addWaiting(rig, { campaignId, number: '+8619900000101' });
  for (let i = 0; i < 240; i++) {
    await addAttempt(rig, {
      campaignId,
      contactId: `${contact.contactId.slice(0, -3)}${String(i).padStart(3, '0')}`,
      personId: contact.personId,
      n: 1,
      state: 'ended',
      outcome: i % 10 === 0 ? 'no_answer' : 'answered',
      ...(i % 10 === 0 ? {} : { disposition: i % 2 === 0 ? 'converted' : 'not_interested' }),
      at: Math.floor(NOW / DAY_MS) * DAY_MS - DAY_MS + 2 * HOUR_MS,
    });
  }
});
afterAll(() => rig.close());

async function ask(id: string, body: object = {}): Promise<{ status: number; body: Body }> {
  const answer = await rig.call('POST', `/v1/campaigns/${id}/retry-forecast`, body);
  return { status: answer.status, body: answer.body as unknown as Body };
}

describe('a forecast of retry rules', () => {
  test('goes by the campaign’s own past where there is enough of it, and says what it rests on', async () => {
    const { status, body } = await ask(campaignId, { contacts: 1_000, callsPerHour: 500 });
    expect(status).toBe(200);
    expect(body.basis).toMatchObject({
      source: 'campaign',
      attempts: 240,
      contacts: 1_000,
      callsPerHour: 500,
      zone: 'Asia/Shanghai',
      assumed: ['hours'],
      numbersEach: 1,
    });
    // 216 of 240, with 50 attempts of the default beside them.
    expect(body.basis.answerByAttempt[0]).toBeCloseTo((216 + 50 * 0.4227) / 290, 3);
    expect(body.forecast.conversions.mean).toBeGreaterThan(300);
    expect(body.byOwnRules).toBeNull();
  });

  test('takes the tenant’s past, or the defaults, where the campaign has none, and names what it assumed', async () => {
    expect((await ask(empty, { contacts: 100 })).body.basis).toMatchObject({
      source: 'tenant',
      attempts: 240,
    });
    const { body } = await ask(empty, { contacts: 100, from: 'defaults' });
    expect(body.basis).toMatchObject({ source: 'defaults', attempts: 0, zone: 'UTC' });
    expect(body.basis.assumed).toEqual(['zone', 'people', 'callsPerHour', 'hours']);
    expect(body.basis.answerByAttempt[0]).toBeCloseTo(0.4227, 3);
  });

  test('puts the rules asked about beside the campaign’s own, and gives the same for the same seed', async () => {
    const body = { contacts: 2_000, from: 'defaults', retry: { maxAttempts: 6, maxAttemptsPerDay: 2 } };
    const { body: once } = await ask(campaignId, body);
    expect(once.forecast.attemptsEach.mean).toBeGreaterThan(once.byOwnRules!.attemptsEach.high);
    expect(once.forecast.answers.low).toBeGreaterThan(once.byOwnRules!.answers.high);
    expect(once.forecast.answers.low).toBeLessThan(once.forecast.answers.mean);
    expect((await ask(campaignId, body)).body).toEqual(once);
    expect((await ask(campaignId, { ...body, seed: 'other' })).body.forecast).not.toEqual(once.forecast);
  });

  test('takes longer where there is less room, and calls nobody outside the hours', async () => {
    const hours = [{ days: ['mon'], from: '09:00', until: '10:00' }];
    const rest = { contacts: 500, from: 'defaults', hours };
    const { body } = await ask(campaignId, { ...rest, callsPerHour: 500 });
    // Retries wait for the next Monday.
    expect(body.forecast.daysToAll).toBeGreaterThan(7);
    expect((await ask(campaignId, { ...rest, callsPerHour: 100 })).body.forecast.daysToAll).toBeGreaterThan(
      body.forecast.daysToAll!,
    );
  });

  test('plays each arm of an experiment by its own rules, and says what each comes to', async () => {
    const arm = (name: string, weight: number, maxAttempts: number) => ({
      ...{ name, weight },
      retry: { maxAttempts, maxAttemptsPerDay: 2 },
    });
    const tried = await addCampaign(rig, {
      name: 'Tried',
      rules: { experiments: { retry: [arm('few', 3, 1), arm('many', 1, 6)] } },
    });
    const body = { contacts: 4_000, from: 'defaults' };
    const { body: once } = await ask(tried, body);
    expect(once.forecast.arms).toMatchObject([
      { arm: 'few', weight: 3, contacts: 3_000 },
      { arm: 'many', weight: 1, contacts: 1_000 },
    ]);
    const [few, many] = once.forecast.arms.map(({ figures }) => figures!);
    expect(many!.attemptsEach.mean).toBeGreaterThan(1.5);
    expect(few!.played + many!.played).toBe(once.forecast.played);
    // What the carrier did not take uses up no attempt.
    expect(few!.attemptsEach.mean).toBeLessThan(1.1);
    expect(once.forecast.answers.mean).toBeCloseTo(few!.answers.mean + many!.answers.mean, -2);
    expect(once.basis.leavesOut.join(' ')).toMatch(/rules of law.*quotas/);
    // Asked about others, everybody is played by those; the campaign's own are still its arms.
    const { body: asked } = await ask(tried, { ...body, retry: { maxAttempts: 2 } });
    expect(asked.forecast.arms).toEqual([]);
    expect(asked.byOwnRules!.arms.map((one) => one.arm)).toEqual(['few', 'many']);
  });

  test('changes nothing', async () => {
    const before = await rig.call('GET', `/v1/campaigns/${campaignId}`);
    await ask(campaignId, { contacts: 10, retry: { maxAttempts: 9 } });
    expect((await rig.call('GET', `/v1/campaigns/${campaignId}`)).body).toEqual(before.body);
  });

  test.each<[string, object, string, RegExp]>([
    ['nobody to call', {}, 'contacts', /is missing/],
    ['no contacts', { contacts: 0 }, 'contacts', /./],
    ['room for nothing', { contacts: 5, callsPerHour: 0 }, 'callsPerHour', /not above 0/],
    ['a zone there is not', { contacts: 5, zone: 'Mars/Olympus' }, 'zone', /is not a zone/],
    ['no hours', { contacts: 5, hours: [] }, 'hours', /is empty/],
    [
      'a delay of nothing',
      { contacts: 5, retry: { byOutcome: { busy: { delayMinutes: [0] } } } },
      'retry.byOutcome.busy.delayMinutes[0]',
      /not above 0/,
    ],
    [
      'a rule there is not',
      { contacts: 5, retry: { maxAttemps: 4 } },
      'retry.maxAttemps',
      /not a known field/,
    ],
    [
      'an escalation without a team',
      { contacts: 5, retry: { escalate: { afterAttempts: 1 } } },
      'retry.escalate',
      /names no team/,
    ],
  ])('refuses %s with the field', async (_what, body, field, fault) => {
    const answer = await rig.call('POST', `/v1/campaigns/${empty}/retry-forecast`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.faults).toEqual([
      expect.objectContaining({ field, fault: expect.stringMatching(fault) as string }),
    ]);
  });

  test('of a campaign that is none is not found', async () => {
    expect((await ask('0195b3a0-0000-7000-8000-000000000001', { contacts: 1 })).status).toBe(404);
  });
});
