import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../../domain/time.ts';
import { FORECAST_STEP_MS, FORECAST_STEPS, forecast, type Eligible, type Pace } from '../../gate/forecast.ts';

const AT = Date.parse('2026-11-20T12:00:00Z');
const open: Pace = { callsPerStep: 10, opensAt: AT, closesAt: null };
const waiting = (n: number, from = AT, until: number | null = null): Eligible[] =>
  Array.from({ length: n }, () => ({ from, until }));
/** To the thousandth of a call: a step takes of all alike, which is not exact in binary. */
const dialledOf = (steps: ReturnType<typeof forecast>) =>
  steps.map((step) => Math.round(step.dialled * 1_000) / 1_000);
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

test('lines take what they can, step by step, until nobody is left', () => {
  expect(dialledOf(forecast(AT, waiting(25), 1, open))).toEqual([10, 10, 5, ...Array<number>(9).fill(0)]);
  expect(sum(dialledOf(forecast(AT, waiting(1_000), 1, open)))).toBeCloseTo(120);
});

test('whoever becomes eligible in a step counts from that step on', () => {
  const steps = forecast(AT, waiting(4, AT + 12 * MINUTE_MS), 1, open);
  expect(steps.map((step) => step.becoming)).toEqual([0, 0, 4, ...Array<number>(9).fill(0)]);
  expect(dialledOf(steps)).toEqual([0, 0, 4, ...Array<number>(9).fill(0)]);
});

test('whose window closes before their turn is not dialled', () => {
  const closing = forecast(AT, waiting(100, AT, AT + 10 * MINUTE_MS), 1, open);
  expect(dialledOf(closing).slice(0, 3).map(Math.round)).toEqual([10, 10, 0]);
});

describe('a campaign that does not dial', () => {
  test('while nobody acts: nobody', () => {
    expect(sum(dialledOf(forecast(AT, waiting(5), 1, { ...open, opensAt: null })))).toBe(0);
  });
  test('before it begins and after it is over: nobody, and in part of a step in part', () => {
    const opensAt = AT + 1.5 * FORECAST_STEP_MS;
    expect(dialledOf(forecast(AT, waiting(100), 1, { ...open, opensAt })).slice(0, 3)).toEqual([0, 5, 10]);
    const closesAt = AT + FORECAST_STEP_MS;
    expect(sum(dialledOf(forecast(AT, waiting(100), 1, { ...open, closesAt })))).toBe(10);
  });
});

test('never more are dialled than may be, nor than the lines can take, and each step counts each contact once', () => {
  const eligible = fc.record({
    from: fc.integer({ min: -10, max: 70 }).map((minutes) => AT + Math.max(0, minutes) * MINUTE_MS),
    lasts: fc.option(fc.integer({ min: 1, max: 90 }), { nil: null }),
  });
  fc.assert(
    fc.property(
      fc.array(eligible, { maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 40 }),
      (seeds, weight, callsPerStep) => {
        const contacts = seeds.map(({ from, lasts }) => ({
          from,
          until: lasts === null ? null : from + lasts * MINUTE_MS,
        }));
        const steps = forecast(AT, contacts, weight, { ...open, callsPerStep });
        expect(steps).toHaveLength(FORECAST_STEPS);
        const within = contacts.filter((one) => one.from < AT + FORECAST_STEPS * FORECAST_STEP_MS).length;
        expect(sum(dialledOf(steps))).toBeLessThanOrEqual(within * weight + 0.01);
        for (const step of steps) {
          expect(step.dialled).toBeLessThanOrEqual(callsPerStep + 1e-6);
          expect(step.dialled).toBeLessThanOrEqual(step.eligible + 1e-6);
        }
        expect(sum(steps.map((step) => step.becoming))).toBe(within);
      },
    ),
  );
});
