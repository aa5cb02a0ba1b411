import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryRulesSchema, RETRYABLE_OUTCOMES, type RetryHistoryEntry } from '../../domain/campaign.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import { contactsToAdmit } from '../../pacing/agentless.ts';
import { nextStep } from '../../pacing/retry.ts';

const T0 = Date.parse('2026-11-20T02:00:00Z');
const attempt = (at: number, outcome: RetryHistoryEntry['outcome'], counted = true): RetryHistoryEntry => ({
  at,
  outcome,
  counted,
});

describe('retry rules', () => {
  it('waits longer after each further outcome of the kind, and the last delay repeats', () => {
    const rules = retryRulesSchema.parse({
      maxAttempts: 10,
      maxAttemptsPerDay: 24,
      byOutcome: { busy: { delayMinutes: [10, 30] } },
    });
    const delays = [1, 2, 3].map((times) => {
      const history = Array.from({ length: times }, (_, i) => attempt(T0 + i, 'busy'));
      const step = nextStep(rules, history, null, T0);
      return step.kind === 'retry' ? Math.round((step.readyAt - T0) / MINUTE_MS) : null;
    });
    expect(delays).toEqual([10, 30, 30]);
  });

  it('ends at once where the outcome is final: invalid number, refusal, conversion, an outcome not named', () => {
    const rules = retryRulesSchema.parse({ byOutcome: { busy: { delayMinutes: [1] } } });
    const last = (outcome: RetryHistoryEntry['outcome']) => [attempt(T0, outcome)];
    expect(nextStep(rules, last('invalid_number'), null, T0)).toMatchObject({ state: 'invalid_number' });
    expect(nextStep(rules, last('answered'), 'converted', T0)).toMatchObject({ state: 'converted' });
    expect(nextStep(rules, last('answered'), 'opted_out', T0)).toMatchObject({ state: 'withdrawn' });
    expect(nextStep(rules, last('blocked'), null, T0)).toMatchObject({
      state: 'exhausted',
      reason: 'outcome.blocked',
    });
    expect(nextStep(rules, last('no_answer'), null, T0)).toMatchObject({ state: 'exhausted' });
  });

  it('whom no agent reached in time is tried again, a day later without a rule for it, as long as attempts are left', () => {
    const rules = retryRulesSchema.parse({ maxAttempts: 2 });
    const once = nextStep(rules, [attempt(T0, 'abandoned')], null, T0);
    expect(once).toMatchObject({ kind: 'retry', readyAt: T0 + 1_440 * MINUTE_MS, reason: 'retry.abandoned' });
    const twice = [attempt(T0, 'abandoned'), attempt(T0 + 2_000 * MINUTE_MS, 'abandoned')];
    expect(nextStep(rules, twice, null, T0)).toMatchObject({
      state: 'exhausted',
      reason: 'retry.max_attempts',
    });
    const none = retryRulesSchema.parse({ byOutcome: {} });
    expect(nextStep(none, [attempt(T0, 'abandoned')], null, T0)).toMatchObject({
      state: 'exhausted',
      reason: 'outcome.abandoned',
    });
    expect(nextStep(rules, [attempt(T0, 'answered')], null, T0)).toMatchObject({ state: 'completed' });
  });

  it('congestion is not the contact’s attempt: it uses up nothing', () => {
    const rules = retryRulesSchema.parse({ maxAttempts: 1 });
    expect(nextStep(rules, [attempt(T0, 'congestion', false)], null, T0)).toMatchObject({ kind: 'retry' });
    expect(nextStep(rules, [attempt(T0, 'busy')], null, T0)).toMatchObject({
      kind: 'final',
      state: 'exhausted',
    });
  });

  it('gives up a contact that could be tried again only after its days are over', () => {
    const rules = retryRulesSchema.parse({ withinDays: 1, byOutcome: { busy: { delayMinutes: [1500] } } });
    expect(nextStep(rules, [attempt(T0, 'busy')], null, T0)).toMatchObject({ reason: 'retry.within_days' });
  });

  it('leaves the person alone for days after every so many attempts', () => {
    const rules = retryRulesSchema.parse({
      maxAttempts: 10,
      maxAttemptsPerDay: 24,
      coolOff: { afterAttempts: 2, days: 7 },
      byOutcome: { busy: { delayMinutes: [10] } },
    });
    const after = (attempts: number) =>
      nextStep(
        rules,
        Array.from({ length: attempts }, (_, i) => attempt(T0 + i * HOUR_MS, 'busy')),
        null,
        T0 + attempts * HOUR_MS,
      );
    expect(after(1)).toMatchObject({ reason: 'retry.busy' });
    expect(after(2)).toMatchObject({ reason: 'retry.cool_off', readyAt: T0 + HOUR_MS + 7 * DAY_MS });
    expect(after(3)).toMatchObject({ reason: 'retry.busy' });
    expect(after(4)).toMatchObject({ reason: 'retry.cool_off', readyAt: T0 + 3 * HOUR_MS + 7 * DAY_MS });
  });

  it('goes on to another number of the person once one has had its tries, and only where there is one', () => {
    const rules = retryRulesSchema.parse({
      maxAttempts: 10,
      maxAttemptsPerDay: 24,
      otherNumber: { afterAttempts: 2 },
    });
    const on = (number: string, outcome: RetryHistoryEntry['outcome']) => ({
      ...attempt(T0, outcome),
      number,
    });
    const step = (history: RetryHistoryEntry[], left: number) => nextStep(rules, history, null, T0, left);
    expect(step([on('a', 'no_answer')], 1)).toMatchObject({ otherNumber: false });
    expect(step([on('a', 'no_answer'), on('a', 'no_answer')], 1)).toMatchObject({ otherNumber: true });
    expect(step([on('a', 'no_answer'), on('a', 'no_answer')], 0)).toMatchObject({ otherNumber: false });
    expect(step([on('a', 'no_answer'), on('b', 'no_answer')], 1)).toMatchObject({ otherNumber: false });
    expect(step([on('a', 'busy'), on('a', 'no_answer')], 1)).toMatchObject({ otherNumber: false });
    expect(step([on('a', 'invalid_number')], 1)).toMatchObject({
      kind: 'retry',
      reason: 'retry.other_number',
    });
    expect(step([on('a', 'invalid_number')], 0)).toMatchObject({ kind: 'final', state: 'invalid_number' });
  });

  it('hands the contact to an agent after so many attempts by the script', () => {
    const rules = retryRulesSchema.parse({ maxAttempts: 10, escalate: { afterAttempts: 2 } });
    const after = (attempts: number) =>
      nextStep(
        rules,
        Array.from({ length: attempts }, (_, i) => attempt(T0 + i * DAY_MS, 'busy')),
        null,
        T0 + attempts * DAY_MS,
      );
    expect(after(1)).toMatchObject({ withAgent: false });
    expect(after(2)).toMatchObject({ withAgent: true });
  });

  it('for all histories: never early, never over a limit, and away from the times of day tried before', () => {
    const history = fc
      .array(
        fc.tuple(
          fc.integer({ min: 0, max: 5 * 24 * 60 }),
          fc.constantFrom(...RETRYABLE_OUTCOMES),
          fc.boolean(),
        ),
        {
          minLength: 1,
          maxLength: 6,
        },
      )
      .map((entries) =>
        entries
          .map(([minute, outcome, counted]) => attempt(T0 + minute * MINUTE_MS, outcome, counted))
          .sort((a, b) => a.at - b.at),
      );
    fc.assert(
      fc.property(
        history,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 60, 180),
        (entries, perDay, shift) => {
          const rules = retryRulesSchema.parse({
            maxAttempts: 5,
            maxAttemptsPerDay: perDay,
            withinDays: null,
            timeOfDayShiftMinutes: shift,
          });
          const now = entries.at(-1)!.at + HOUR_MS;
          const step = nextStep(rules, entries, null, now);
          const counted = entries.filter((entry) => entry.counted).map((entry) => entry.at);
          if (step.kind === 'final') return;
          expect(counted.length).toBeLessThan(5);
          expect(step.readyAt).toBeGreaterThanOrEqual(now);
          const lastDay = counted.filter((at) => at >= step.readyAt - DAY_MS);
          expect(lastDay.length).toBeLessThan(perDay);
        },
      ),
    );
  });

  it('moves a retry to another time of day, by the least that is enough', () => {
    const rules = retryRulesSchema.parse({
      timeOfDayShiftMinutes: 120,
      byOutcome: { no_answer: { delayMinutes: [24 * 60] } },
    });
    const step = nextStep(rules, [attempt(T0, 'no_answer')], null, T0);
    expect(step).toMatchObject({ kind: 'retry', readyAt: T0 + DAY_MS + 2 * HOUR_MS });
  });
});

describe('agentless pacing', () => {
  const free = {
    admitted: 0,
    awaitingSend: 0,
    maxConcurrentCalls: 50,
    carrierCalls: 0,
    carrierMaxConcurrentCalls: 100,
    callsPerSecond: 10,
    carrierAsking: 0,
    onTrial: false,
  };

  it('never passes the campaign’s channels, the carrier’s, or one second of its rate in line', () => {
    const amount = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        amount,
        amount,
        fc.integer({ min: 1, max: 100 }),
        (a, w, m, c, cm, cps) => {
          const state = {
            admitted: a,
            awaitingSend: w,
            maxConcurrentCalls: m,
            carrierCalls: c,
            carrierMaxConcurrentCalls: cm,
            callsPerSecond: cps,
            carrierAsking: 0,
            onTrial: false,
          };
          const n = contactsToAdmit(state);
          expect(n).toBeGreaterThanOrEqual(0);
          if (n === 0) return;
          expect(a + n).toBeLessThanOrEqual(m);
          expect(c + w + n).toBeLessThanOrEqual(cm);
          expect(w + n).toBeLessThanOrEqual(Math.max(2, cps));
        },
      ),
    );
  });

  it('admits what the line can send in a second when everything is free', () => {
    expect(contactsToAdmit(free)).toBe(10);
    expect(contactsToAdmit({ ...free, awaitingSend: 10 })).toBe(0);
    expect(contactsToAdmit({ ...free, callsPerSecond: 0.2 })).toBe(2);
  });

  it('tries a carrier that has failed with one call, and no other while that one is being asked for', () => {
    expect(contactsToAdmit({ ...free, onTrial: true })).toBe(1);
    expect(contactsToAdmit({ ...free, onTrial: true, awaitingSend: 1 })).toBe(0);
    // Another campaign's trial.
    expect(contactsToAdmit({ ...free, onTrial: true, carrierAsking: 1 })).toBe(0);
  });
});
