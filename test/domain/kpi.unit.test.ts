import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_SUMS, addSums, costOf, differenceOf, kpisOf, pricesSchema, shareOf } from '../../domain/kpi.ts';

describe('a share', () => {
  it('has the interval of Wilson', () => {
    // 81 of 263: Newcombe 1998, Table I, method 3.
    const share = shareOf(81, 263)!;
    expect(share.value).toBeCloseTo(0.308, 4);
    expect([share.low, share.high].map((n) => Number(n.toFixed(4)))).toEqual([0.2553, 0.3662]);
    expect(shareOf(0, 20)).toMatchObject({ value: 0, low: 0, high: expect.closeTo(0.1611, 4) as number });
    expect(shareOf(1, 0)).toBeNull();
  });

  it('differs from another by the interval of Newcombe', () => {
    // 56/70 and 48/80: Newcombe 1998 (differences), Table II (a), method 10.
    const difference = differenceOf(shareOf(48, 80), shareOf(56, 70))!;
    expect([difference.value, difference.low, difference.high].map((n) => Number(n.toFixed(4)))).toEqual([
      0.2, 0.0524, 0.3339,
    ]);
    expect(difference.clear).toBe(true);
    expect(differenceOf(shareOf(5, 10), shareOf(6, 10))?.clear).toBe(false);
  });

  it('always lies in its own interval', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (part, more) => {
        const share = shareOf(part, part + more);
        if (share === null) return;
        expect(share.low).toBeLessThanOrEqual(share.value + 1e-12);
        expect(share.high).toBeGreaterThanOrEqual(share.value - 1e-12);
      }),
    );
  });
});

describe('figures', () => {
  const sums = {
    ...NO_SUMS,
    attempts: 200,
    ended: 190,
    answers: 90,
    liveAnswers: 60,
    conversions: 6,
    contacts: 150,
    abandoned: 2,
    offered: 60,
    inTime: 57,
    handled: 58,
    waitS: 29,
    talkS: 6_000,
    agentTalkS: 5_800,
    wrapUpS: 1_160,
    readyS: 2_000,
    reservedS: 40,
    inCallS: 5_800,
    inWrapUpS: 1_160,
    breakS: 1_000,
    callbacksKept: 9,
    callbacksBreached: 1,
  };

  it('follow from the counts', () => {
    const kpis = kpisOf(sums, 100);
    expect(kpis.answerRate?.value).toBeCloseTo(60 / 190);
    expect(kpis.conversionRate?.value).toBeCloseTo(0.1);
    expect(kpis.abandonment.perLiveAnswer?.value).toBeCloseTo(2 / 60);
    expect(kpis.abandonment.perAnswer?.value).toBeCloseTo(2 / 90);
    expect(kpis.abandonment.perCall?.value).toBeCloseTo(0.01);
    // Breaks are no time in which an agent could have worked.
    expect(kpis.utilisation).toBeCloseTo(6_960 / 9_000);
    expect(kpis).toMatchObject({ handleS: 120, wrapUpS: 20, waitS: 0.5 });
    expect(kpis.serviceLevel?.value).toBeCloseTo(0.95);
    expect(kpis.callbacksKept?.value).toBeCloseTo(0.9);
    expect(kpis.attemptsPerConversion).toBeCloseTo(200 / 6);
    expect(kpis.cost).toEqual({ total: 100, perContact: 100 / 150, perConversion: 100 / 6 });
  });

  it('are none where nothing was counted, and never nought over nought', () => {
    const none = kpisOf(NO_SUMS, null);
    expect(none).toMatchObject({
      answerRate: null,
      utilisation: null,
      attemptsPerConversion: null,
      cost: null,
    });
  });

  it('cost what the list says', () => {
    const prices = pricesSchema.parse({
      currency: 'CNY',
      perAttempt: 0.1,
      perTalkMinute: 0.2,
      perAgentHour: 36,
    });
    expect(costOf(sums, prices)).toBeCloseTo(200 * 0.1 + 100 * 0.2 + (10_000 / 3_600) * 36);
    expect(costOf(addSums(sums, sums), prices)).toBeCloseTo(2 * costOf(sums, prices));
    const bad = pricesSchema.safeParse({ currency: 'yuan', perAttempt: -1 });
    expect(bad.error?.issues.map(({ message }) => message)).toEqual([
      expect.stringContaining('is not a currency'),
      'is negative; expected 0 or more',
    ]);
  });
});
