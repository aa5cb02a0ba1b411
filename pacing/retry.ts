import type { RetryHistoryEntry, RetryOutcome, RetryRules, RetryableOutcome } from '../domain/campaign.ts';
import { RETRYABLE_OUTCOMES } from '../domain/campaign.ts';
import { DAY_MS, MINUTE_MS, type EpochMs } from '../domain/time.ts';
import type { ContactState, Disposition } from '../domain/vocabulary.ts';

/** What happens to a contact after an attempt. */
export type NextStep =
  | {
      readonly kind: 'retry';
      readonly readyAt: EpochMs;
      readonly reason: string;
      /** Try the person's next number. */
      readonly otherNumber: boolean;
      /** An agent is to make the next call, where a script made those before. */
      readonly withAgent: boolean;
    }
  | { readonly kind: 'final'; readonly state: ContactState; readonly reason: string };

/** Contact states that a disposition leads to; every one of them is final in its campaign. */
const STATE_BY_DISPOSITION: Readonly<Record<Disposition, ContactState>> = {
  converted: 'converted',
  interested: 'completed',
  not_interested: 'refused',
  refused: 'refused',
  opted_out: 'withdrawn',
  // The conversation has been had. A window that was promised in it is a callback of its own, which takes the contact
  // back (activities/calls/settle.ts).
  callback: 'completed',
  wrong_number: 'invalid_number',
  completed: 'completed',
};

/**
 * Decide the next step by the campaign's rules as they are now.
 * @param history the contact's attempts, oldest first, the one that just ended last. `counted` is false for those that
 * rang nowhere (revoked, abandoned, refused by the carrier): they use up no budget.
 * @param at instant of the decision, on the engine's clock.
 * @param otherNumbers how many numbers of the person are left to try beside the one that was called last.
 */
export function nextStep(
  rules: RetryRules,
  history: readonly RetryHistoryEntry[],
  disposition: Disposition | null,
  at: EpochMs,
  otherNumbers = 0,
): NextStep {
  const last = history.at(-1);
  if (last === undefined) {
    return { kind: 'retry', readyAt: at, reason: 'no attempt yet', otherNumber: false, withAgent: false };
  }
  if (disposition !== null) {
    return { kind: 'final', state: STATE_BY_DISPOSITION[disposition], reason: `disposition.${disposition}` };
  }
  if (last.outcome === 'answered') return { kind: 'final', state: 'completed', reason: 'outcome.answered' };
  const counted = history.filter((entry) => entry.counted);
  const otherNumber = otherNumbers > 0 && callsForOtherNumber(rules, history);
  if (last.outcome === 'invalid_number') {
    if (!otherNumber) return { kind: 'final', state: 'invalid_number', reason: 'outcome.invalid_number' };
    if (counted.length >= rules.maxAttempts) return NO_MORE;
    // A number that nobody has says nothing of when the person can be reached.
    return retryAt(rules, history, counted, Math.max(at, last.at), 'retry.other_number', true);
  }
  const step = isRetryable(last.outcome) ? rules.byOutcome[last.outcome] : undefined;
  if (step === undefined) return { kind: 'final', state: 'exhausted', reason: `outcome.${last.outcome}` };

  if (counted.length >= rules.maxAttempts) return NO_MORE;
  const same = history.filter((entry) => entry.outcome === last.outcome).length;
  if (step.maxAttempts !== null && same >= step.maxAttempts) {
    return { kind: 'final', state: 'exhausted', reason: `retry.max_attempts.${last.outcome}` };
  }
  const delayMs = step.delayMinutes[Math.min(same, step.delayMinutes.length) - 1]! * MINUTE_MS;
  const afterDelay = Math.max(at, last.at + delayMs);
  return retryAt(rules, history, counted, afterDelay, `retry.${last.outcome}`, otherNumber);
}

const NO_MORE = {
  kind: 'final',
  state: 'exhausted',
  reason: 'retry.max_attempts',
} as const satisfies NextStep;

/** The first instant from `from` that the other limits leave; the contact is given up where that is too late. */
function retryAt(
  rules: RetryRules,
  history: readonly RetryHistoryEntry[],
  counted: readonly RetryHistoryEntry[],
  from: EpochMs,
  reason: string,
  otherNumber: boolean,
): NextStep {
  const rested = afterCoolOff(rules.coolOff, counted, from);
  const shifted = awayFromTimesOfDay(
    rested,
    counted.map((entry) => entry.at),
    rules.timeOfDayShiftMinutes * MINUTE_MS,
  );
  const readyAt = withinDailyLimit(shifted, counted, rules.maxAttemptsPerDay);
  if (isTooLate(rules, history[0]!.at, readyAt)) return TOO_LATE;
  const withAgent = rules.escalate !== null && counted.length >= rules.escalate.afterAttempts;
  return {
    kind: 'retry',
    readyAt,
    reason: rested > from ? 'retry.cool_off' : reason,
    otherNumber,
    withAgent,
  };
}

/** Whether the number called last has had its tries: so many in a row, all of them ended in one of the outcomes named. */
function callsForOtherNumber({ otherNumber }: RetryRules, history: readonly RetryHistoryEntry[]): boolean {
  if (otherNumber === null) return false;
  const last = history.at(-1)!;
  const named = (entry: RetryHistoryEntry) =>
    (otherNumber.outcomes as readonly RetryOutcome[]).includes(entry.outcome);
  if (!named(last)) return false;
  if (last.outcome === 'invalid_number') return true;
  const before = history.findLastIndex((entry) => entry.number !== last.number || !named(entry));
  return history.length - 1 - before >= otherNumber.afterAttempts;
}

/** After every so many attempts the person is left alone for days; instants before that are moved to its end. */
function afterCoolOff(
  coolOff: RetryRules['coolOff'],
  counted: readonly RetryHistoryEntry[],
  from: EpochMs,
): EpochMs {
  const latest = counted.at(-1);
  if (coolOff === null || latest === undefined || counted.length % coolOff.afterAttempts !== 0) return from;
  return Math.max(from, latest.at + coolOff.days * DAY_MS);
}

/** The end of a contact that could be tried again only after its time is over. */
export const TOO_LATE = {
  kind: 'final',
  state: 'exhausted',
  reason: 'retry.within_days',
} as const satisfies NextStep;

/**
 * Whether a contact that was first tried at `firstAt` is to be given up rather than tried at `at`.
 * @param firstAt null when it was never tried: then nothing is too late.
 */
export function isTooLate(rules: RetryRules, firstAt: EpochMs | null, at: EpochMs): boolean {
  return rules.withinDays !== null && firstAt !== null && at > firstAt + rules.withinDays * DAY_MS;
}

function isRetryable(outcome: RetryOutcome): outcome is RetryableOutcome {
  return (RETRYABLE_OUTCOMES as readonly string[]).includes(outcome);
}

/** The first instant from `from` at which one more attempt keeps to `limit` in any 24 hours. */
function withinDailyLimit(from: EpochMs, counted: readonly RetryHistoryEntry[], limit: number): EpochMs {
  const instants = counted.map((entry) => entry.at).sort((a, b) => b - a);
  const nth = instants[limit - 1];
  // Closed at both ends, like the frequency caps: exactly 24 hours ago still counts.
  return nth === undefined ? from : Math.max(from, nth + DAY_MS + 1);
}

/**
 * The first instant from `from` whose time of day is at least `shiftMs` from that of every earlier attempt, or `from`
 * itself when the attempts leave no such time. Times of day are compared as instants modulo 24 hours: it is the
 * person's day that matters, and their offset is the same on both sides but for a DST change.
 */
function awayFromTimesOfDay(from: EpochMs, earlier: readonly EpochMs[], shiftMs: number): EpochMs {
  if (shiftMs === 0) return from;
  let candidate = from;
  // Each move lands on the end of one earlier attempt's arc; more moves than arcs means they cover the day.
  for (let moves = 0; moves <= earlier.length; moves += 1) {
    const blocking = earlier.find((instant) => circularDistance(candidate, instant) < shiftMs);
    if (blocking === undefined) return candidate;
    const sinceBlocking = modulo(candidate - blocking, DAY_MS);
    candidate += sinceBlocking < shiftMs ? shiftMs - sinceBlocking : DAY_MS - sinceBlocking + shiftMs;
    if (candidate - from >= DAY_MS) return from;
  }
  return from;
}

function circularDistance(a: EpochMs, b: EpochMs): number {
  const d = modulo(a - b, DAY_MS);
  return Math.min(d, DAY_MS - d);
}

function modulo(a: number, n: number): number {
  return ((a % n) + n) % n;
}
