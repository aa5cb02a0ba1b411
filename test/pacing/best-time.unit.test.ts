import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryRulesSchema } from '../../domain/campaign.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { NO_TALLIES, bestTime, type HourTallies } from '../../pacing/best-time.ts';

const T0 = Date.parse('2026-11-20T10:20:00Z');
const utcHour = (at: number) => new Date(at).getUTCHours();
const rules = (rest: object = {}) =>
  retryRulesSchema.parse({ bestTime: { enabled: true, minAttempts: 100, ...rest } }).bestTime;
/** Attempts enough in every hour, answered at `rate` but for the hours named. */
const tallies = (rate: number, others: Record<number, number> = {}, attempts = 2_000): HourTallies =>
  Array.from({ length: 24 }, (_, hour) => ({
    attempts,
    answers: Math.round((others[hour] ?? rate) * attempts),
  }));

describe('the best time to call', () => {
  it('is the hour at which such people have answered clearly more, and says with what figures', () => {
    const found = bestTime(rules(), T0, { cohort: tallies(0.2, { 18: 0.4 }), own: NO_TALLIES }, utcHour);
    expect(found).toMatchObject({ reason: 'best_time.moved', hour: 18, attempts: 2_000, ownAttempts: 0 });
    expect(found.at).toBe(Date.parse('2026-11-20T18:00:00Z'));
    expect(found.rate).toBeCloseTo(0.4, 2);
    expect(found.rateOtherwise).toBeCloseTo(0.2, 2);
  });

  it('stays where it would be when it is off, nothing is known, or the difference may be luck', () => {
    const better = tallies(0.2, { 18: 0.4 });
    const off = retryRulesSchema.parse({}).bestTime;
    expect(bestTime(off, T0, { cohort: better, own: NO_TALLIES }, utcHour)).toMatchObject({
      at: T0,
      reason: 'best_time.off',
    });
    expect(bestTime(rules(), T0, { cohort: NO_TALLIES, own: NO_TALLIES }, utcHour)).toMatchObject({
      at: T0,
      reason: 'best_time.too_little_known',
    });
    const luck = tallies(0.2, { 18: 0.22 }, 120);
    expect(bestTime(rules(), T0, { cohort: luck, own: NO_TALLIES }, utcHour)).toMatchObject({
      at: T0,
      reason: 'best_time.already_best',
    });
  });

  it('goes by the person’s own answers where there are some', () => {
    const own = tallies(0, { 20: 1 }, 12);
    const found = bestTime(rules(), T0, { cohort: tallies(0.3), own }, utcHour);
    expect(found).toMatchObject({ reason: 'best_time.moved', hour: 20, ownAttempts: 12 });
  });

  it('for all figures: never earlier, never later than it may, the same again, and never for a worse hour', () => {
    const tally = fc
      .tuple(fc.integer({ min: 0, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([attempts, rate]) => ({ attempts, answers: Math.floor(attempts * rate) }));
    const day = fc.array(tally, { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(day, day, fc.integer({ min: 1, max: 72 }), fc.nat(1e9), (cohort, own, withinHours, ms) => {
        const from = T0 + ms;
        const ask = () => bestTime(rules({ withinHours }), from, { cohort, own }, utcHour);
        const found = ask();
        expect(found).toEqual(ask());
        expect(found.at).toBeGreaterThanOrEqual(from);
        expect(found.at).toBeLessThanOrEqual(from + withinHours * HOUR_MS);
        expect(found.rate ?? 0).toBeGreaterThanOrEqual(found.rateOtherwise ?? 0);
        if (found.at !== from) expect(found.reason).toBe('best_time.moved');
      }),
    );
  });
});
