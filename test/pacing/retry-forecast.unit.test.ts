import { describe, expect, it } from 'vitest';
import { retryRulesSchema } from '../../domain/campaign.ts';
import { forecastRetries, type ForecastInput } from '../../pacing/retry-forecast.ts';
import { UCI_PUBLIC, publicFrom } from '../../pacing/retry-public.ts';

const START = Date.parse('2026-11-20T00:00:00Z');
const hourOf = (at: number) => new Date(at).getUTCHours();

function forecast(rest: Partial<ForecastInput> = {}) {
  return forecastRetries({
    rules: retryRulesSchema.parse({}),
    arms: [],
    people: UCI_PUBLIC,
    contacts: 4_000,
    callsPerHour: 100_000,
    isOpen: (at) => hourOf(at) >= 9 && hourOf(at) < 20,
    hourOf,
    startAt: START,
    seed: 'a',
    ...rest,
  });
}
const always = { answerByAttempt: [1], dispositions: { converted: 1 } } as const;
const never = { answerByAttempt: [0], unanswered: { no_answer: 1 } } as const;

describe('a forecast of retry rules', () => {
  it('is the same for the same seed, and another seed lies within its interval', () => {
    expect(forecast()).toEqual(forecast());
    const [a, b] = [forecast(), forecast({ seed: 'b' })];
    const half = a.answers.high - a.answers.mean;
    expect(Math.abs(a.answers.mean - b.answers.mean)).toBeLessThan(3 * half);
  });

  it('agrees with what can be reckoned by hand', () => {
    const all = forecast({ people: { ...UCI_PUBLIC, ...always } });
    expect(all.attemptsEach.mean).toBe(1);
    expect(all.conversions.mean).toBe(4_000);
    expect(all.attemptsPerConversion).toBe(1);
    const none = forecast({ people: { ...UCI_PUBLIC, ...never } });
    expect(none.attemptsEach.mean).toBe(3);
    expect(none).toMatchObject({ attemptsPerConversion: null, conversions: { mean: 0 } });
    expect(none.ends).toEqual([{ state: 'exhausted', reason: 'retry.max_attempts', share: 1 }]);
    // Of 4.556 / (4.556 + 6.223 + n − 1) over three attempts, nothing else ending a contact.
    const rate = (n: number) => UCI_PUBLIC.answerByAttempt[n]!;
    const reached = 1 - (1 - rate(0)) * (1 - rate(1)) * (1 - rate(2));
    const some = forecast({ people: { ...UCI_PUBLIC, unanswered: { no_answer: 1 } } });
    expect(some.answers.low / 4_000).toBeLessThan(reached);
    expect(some.answers.high / 4_000).toBeGreaterThan(reached);
  });

  it('makes nobody wait less than the rules say, and takes as long as there is room for', () => {
    const rules = retryRulesSchema.parse({
      maxAttempts: 2,
      byOutcome: { no_answer: { delayMinutes: [2_880] } },
    });
    const people = { ...UCI_PUBLIC, ...never };
    expect(forecast({ rules, people }).daysToAll).toBeGreaterThanOrEqual(2);
    const slow = forecast({ rules, people, callsPerHour: 100 });
    // 8,000 calls, 100 an hour, eleven hours a day.
    expect(slow.daysToAll).toBeGreaterThanOrEqual(7);
    expect(slow.daysToAll).toBeLessThan(9);
  });

  it('says so where it does not end within a year', () => {
    const endless = forecast({ isOpen: () => false });
    expect(endless).toMatchObject({ daysToAll: null, attempts: 0, ends: [] });
  });

  it('tries whom no agent reached in time again, as the rules say, and counts as reached only those whom one did', () => {
    const people = { ...UCI_PUBLIC, ...always, abandoned: 0.5 };
    const half = forecast({ people, rules: retryRulesSchema.parse({ maxAttempts: 2 }) });
    expect(half.attemptsEach.mean).toBeCloseTo(1.5, 1);
    expect(half.byAttempt.map(({ answerRate }) => answerRate)).toEqual([1, 1]);
    expect(half.answers.mean / 4_000).toBeCloseTo(0.75, 1);
    const once = forecast({ people, rules: retryRulesSchema.parse({ byOutcome: {} }) });
    expect(once.ends.map(({ reason }) => reason).sort()).toEqual([
      'disposition.converted',
      'outcome.abandoned',
    ]);
  });

  it('tries the other number where rules and people have one', () => {
    const rules = retryRulesSchema.parse({ otherNumber: { afterAttempts: 1, outcomes: ['invalid_number'] } });
    const people = { ...UCI_PUBLIC, answerByAttempt: [0, 1], unanswered: { invalid_number: 1 } };
    expect(forecast({ rules, people }).answers.mean).toBe(0);
    expect(forecast({ rules, people: { ...people, numbersEach: 2 } }).answers.mean).toBe(4_000);
  });
});

describe('people as they were seen', () => {
  const nothing = {
    byAttempt: [],
    byHour: Array.from({ length: 24 }, () => ({ attempts: 0, answers: 0 })),
    unanswered: {},
    abandoned: 0,
    dispositions: {},
    numbersEach: null,
  };

  it('are the default where nothing was seen, and lean on it where little was', () => {
    const model = publicFrom(nothing);
    expect(model.answerByAttempt[0]).toBeCloseTo(UCI_PUBLIC.answerByAttempt[0]!);
    expect(model.answerByHour).toEqual(UCI_PUBLIC.answerByHour);
    const few = publicFrom({ ...nothing, byAttempt: [{ attempts: 4, answers: 3 }] });
    expect(few.answerByAttempt[0]).toBeLessThan(0.46);
    const many = publicFrom({ ...nothing, byAttempt: [{ attempts: 40_000, answers: 30_000 }] });
    expect(many.answerByAttempt[0]).toBeCloseTo(0.75, 2);
  });

  it('answer more in the hours in which they did', () => {
    const byHour = Array.from({ length: 24 }, (_, hour) => ({
      attempts: 10_000,
      answers: hour === 18 ? 6_000 : 3_000,
    }));
    const model = publicFrom({ ...nothing, byHour });
    expect(model.answerByHour[18]! / model.answerByHour[9]!).toBeCloseTo(2, 1);
    const evening = forecast({ people: model, isOpen: (at) => hourOf(at) === 18 });
    const morning = forecast({ people: model, isOpen: (at) => hourOf(at) === 9 });
    expect(evening.answers.low).toBeGreaterThan(morning.answers.high);
  });
});
