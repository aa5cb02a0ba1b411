import type { RetryRules } from '../domain/campaign.ts';
import { HOUR_MS, type EpochMs } from '../domain/time.ts';

/**
 * The hour of the day at which somebody is likeliest to answer, learned from attempts that were made: of people like them,
 * and their own. Pure, and told with its figures, so that whoever asks why a retry waits is shown what it was based on. It
 * only ever delays a call; when the law allows it is not asked here, and is asked by the gate.
 */

/** Attempts in one hour of the day (local to the person), and how many a person answered. */
export interface HourTally {
  readonly attempts: number;
  readonly answers: number;
}

/** By hour of the day, 0 to 23. */
export type HourTallies = readonly HourTally[];

export const NO_TALLIES: HourTallies = Array.from({ length: 24 }, () => ({ attempts: 0, answers: 0 }));

export interface BestTime {
  /** When to try; `from` where nothing better is known. */
  readonly at: EpochMs;
  readonly reason:
    'best_time.moved' | 'best_time.already_best' | 'best_time.too_little_known' | 'best_time.off';
  /** Of the hour chosen. */
  readonly hour: number;
  /** Estimated chance of an answer, 0 to 1, in the hour chosen and in the hour it would have been; null: not known. */
  readonly rate: number | null;
  readonly rateOtherwise: number | null;
  /** Attempts that the estimate of the hour chosen is based on: people like them, and their own. */
  readonly attempts: number;
  readonly ownAttempts: number;
}

/**
 * How many attempts of people like them one knows of an hour weigh as much as one of the person's own: four own attempts
 * move the estimate half-way to what they showed. A choice, not a finding: a person is not their cohort, and four calls
 * are not much.
 */
const OWN_WEIGHT = 4;
/**
 * By how many standard errors an hour must be better before a call waits for it: one-sided 95 %. Below that the best of 24
 * hours is mostly the luckiest one.
 */
const CLEARLY = 1.645;

/**
 * @param from when it would be tried otherwise
 * @param hourOf the hour of the day (0–23) where the person is
 */
export function bestTime(
  rules: RetryRules['bestTime'],
  from: EpochMs,
  known: { readonly cohort: HourTallies; readonly own: HourTallies },
  hourOf: (at: EpochMs) => number,
): BestTime {
  const hour = hourOf(from);
  if (!rules.enabled) return stay(from, hour, 'best_time.off');
  const estimates = Array.from({ length: 24 }, (_, h) => estimate(rules.minAttempts, known, h));
  const otherwise = estimates[hour]!;
  if (otherwise === null) return stay(from, hour, 'best_time.too_little_known', known.own[hour]!.attempts);
  let best = { at: from, hour, estimate: otherwise };
  for (const at of hoursAfter(from, rules.withinHours)) {
    const candidate = estimates[hourOf(at)]!;
    if (candidate !== null && candidate.rate > best.estimate.rate) {
      best = { at, hour: hourOf(at), estimate: candidate };
    }
  }
  const errorOfDifference = Math.hypot(best.estimate.error, otherwise.error);
  const moves = best.at !== from && best.estimate.rate - otherwise.rate >= CLEARLY * errorOfDifference;
  const chosen = moves ? best : { at: from, hour, estimate: otherwise };
  return {
    at: chosen.at,
    reason: moves ? 'best_time.moved' : 'best_time.already_best',
    hour: chosen.hour,
    rate: chosen.estimate.rate,
    rateOtherwise: otherwise.rate,
    attempts: chosen.estimate.attempts,
    ownAttempts: known.own[chosen.hour]!.attempts,
  };
}

function stay(at: EpochMs, hour: number, reason: BestTime['reason'], ownAttempts = 0): BestTime {
  return { at, reason, hour, rate: null, rateOtherwise: null, attempts: 0, ownAttempts };
}

interface Estimate {
  readonly rate: number;
  /** Standard error of the rate. */
  readonly error: number;
  readonly attempts: number;
}

/** @returns null where too few attempts were made in that hour to say anything. */
function estimate(
  minAttempts: number,
  { cohort, own }: { readonly cohort: HourTallies; readonly own: HourTallies },
  hour: number,
): Estimate | null {
  const { attempts, answers } = cohort[hour]!;
  if (attempts < minAttempts) return null;
  // Agresti and Coull: two answers and two others more, so that an error can be told of a rate of 0 or 1 as well.
  const like = (answers + 2) / (attempts + 4);
  const mine = own[hour]!;
  const rate = (OWN_WEIGHT * like + mine.answers) / (OWN_WEIGHT + mine.attempts);
  const weight = OWN_WEIGHT / (OWN_WEIGHT + mine.attempts);
  const variance =
    (weight ** 2 * (like * (1 - like))) / (attempts + 4) +
    ((1 - weight) ** 2 * (rate * (1 - rate))) / Math.max(1, mine.attempts);
  return { rate, error: Math.sqrt(variance), attempts };
}

/** The beginnings of the hours after an instant. Zones whose hours begin at half past lose half an hour of choice. */
function* hoursAfter(from: EpochMs, hours: number): Generator<EpochMs> {
  const next = (Math.floor(from / HOUR_MS) + 1) * HOUR_MS;
  for (let at = next; at <= from + hours * HOUR_MS; at += HOUR_MS) yield at;
}
