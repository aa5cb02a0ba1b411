import { z } from 'zod';

/**
 * Figures (KPI) of campaigns and agents: what is counted, and how each figure follows from the counts. Pure, so that a
 * report, a live view and a test that counts a carrier's log by itself come to the same.
 */

/** Counts over some attempts, and the time of some agents; every figure is made of these. */
export interface KpiSums {
  /** Attempts that rang or may have rung. */
  readonly attempts: number;
  /** Of these, those whose outcome is known. */
  readonly ended: number;
  /** A person or a machine picked up. */
  readonly answers: number;
  /** A person picked up. */
  readonly liveAnswers: number;
  /** Contacts for whom a person picked up. */
  readonly reached: number;
  /** Attempts that converted. */
  readonly conversions: number;
  /** Contacts that were tried. */
  readonly contacts: number;
  /** Live answers that no agent took in time. */
  readonly abandoned: number;
  /** Live answers for an agent, and those that had one within the service seconds. */
  readonly offered: number;
  readonly inTime: number;
  /** Calls that an agent had. */
  readonly handled: number;
  /** Seconds: from answer to agent; of conversation, with agents and without; of wrap-up. */
  readonly waitS: number;
  readonly talkS: number;
  readonly agentTalkS: number;
  readonly wrapUpS: number;
  /** Seconds that agents spent ready, reserved, in calls, in wrap-up, on breaks. */
  readonly readyS: number;
  readonly reservedS: number;
  readonly inCallS: number;
  readonly inWrapUpS: number;
  readonly breakS: number;
  /** Promised callbacks by what became of them, each by the end of its window: these four are all there are. */
  readonly callbacksKept: number;
  readonly callbacksBreached: number;
  readonly callbacksCancelled: number;
  readonly callbacksOpen: number;
  /** Of them all, those that the rules had no room for at least once, and that were moved for it. */
  readonly callbacksMoved: number;
}

export const NO_SUMS: KpiSums = {
  attempts: 0,
  ended: 0,
  answers: 0,
  liveAnswers: 0,
  reached: 0,
  conversions: 0,
  contacts: 0,
  abandoned: 0,
  offered: 0,
  inTime: 0,
  handled: 0,
  waitS: 0,
  talkS: 0,
  agentTalkS: 0,
  wrapUpS: 0,
  readyS: 0,
  reservedS: 0,
  inCallS: 0,
  inWrapUpS: 0,
  breakS: 0,
  callbacksKept: 0,
  callbacksBreached: 0,
  callbacksCancelled: 0,
  callbacksOpen: 0,
  callbacksMoved: 0,
};

/** A share with its 95 % interval (Wilson, 1927): of few cases it says how little it says. Null: of none. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly of: number;
}

/** Normal quantile of a two-sided 95 % interval. */
const Z95 = 1.959964;

export function shareOf(part: number, whole: number): Share | null {
  if (whole <= 0) return null;
  const p = part / whole;
  const z2 = Z95 ** 2;
  const centre = (p + z2 / (2 * whole)) / (1 + z2 / whole);
  const half = (Z95 / (1 + z2 / whole)) * Math.sqrt((p * (1 - p)) / whole + z2 / (4 * whole ** 2));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), of: whole };
}

/**
 * The difference of two shares, `after − before`, with its 95 % interval (Newcombe 1998, method 10, from the Wilson
 * intervals of both). `clear`: nought lies outside of it. Null: one of them is of none.
 */
export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly clear: boolean;
}

export function differenceOf(before: Share | null, after: Share | null): Difference | null {
  if (before === null || after === null) return null;
  const value = after.value - before.value;
  const low = value - Math.hypot(after.value - after.low, before.high - before.value);
  const high = value + Math.hypot(after.high - after.value, before.value - before.low);
  return { value, low, high, clear: low > 0 || high < 0 };
}

/** What things cost, in one currency; a list holds from an instant on until the next one. */
export const pricesSchema = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/, 'is not a currency; expected a code of ISO 4217 such as CNY'),
  /** Each attempt that rang. */
  perAttempt: price(),
  /** Each minute of conversation, by the second. */
  perTalkMinute: price(),
  /** Each hour of an agent who is signed in, breaks included. */
  perAgentHour: price(),
});
export type Prices = z.infer<typeof pricesSchema>;

function price() {
  return z
    .number()
    .nonnegative('is negative; expected 0 or more')
    .max(1_000_000, 'is too much; expected up to 1000000')
    .default(0);
}

export interface Kpis {
  /** 接听率: live answers per attempt whose outcome is known. */
  readonly answerRate: Share | null;
  /** 转化率: conversions per live answer. */
  readonly conversionRate: Share | null;
  /** Abandoned calls by each denominator that rules know (rule type `abandonment_cap`). */
  readonly abandonment: {
    readonly perLiveAnswer: Share | null;
    readonly perAnswer: Share | null;
    readonly perCall: Share | null;
  };
  /** Agents' time in calls and wrap-up, of their time signed in less breaks. */
  readonly utilisation: number | null;
  /** Mean seconds of a call that an agent had: conversation and wrap-up. */
  readonly handleS: number | null;
  readonly wrapUpS: number | null;
  /** Mean seconds from answer to agent. */
  readonly waitS: number | null;
  /** Answered calls that had an agent within the service seconds. */
  readonly serviceLevel: Share | null;
  readonly callbacksKept: Share | null;
  readonly attemptsPerConversion: number | null;
  /** Null: no prices are on record. */
  readonly cost: {
    readonly total: number;
    readonly perContact: number | null;
    readonly perConversion: number | null;
  } | null;
}

export function kpisOf(sums: KpiSums, cost: number | null): Kpis {
  const workedS = sums.inCallS + sums.inWrapUpS;
  const presentS = workedS + sums.readyS + sums.reservedS;
  return {
    answerRate: shareOf(sums.liveAnswers, sums.ended),
    conversionRate: shareOf(sums.conversions, sums.liveAnswers),
    abandonment: {
      perLiveAnswer: shareOf(sums.abandoned, sums.liveAnswers),
      perAnswer: shareOf(sums.abandoned, sums.answers),
      perCall: shareOf(sums.abandoned, sums.attempts),
    },
    utilisation: ratio(workedS, presentS),
    handleS: ratio(sums.agentTalkS + sums.wrapUpS, sums.handled),
    wrapUpS: ratio(sums.wrapUpS, sums.handled),
    waitS: ratio(sums.waitS, sums.handled),
    serviceLevel: shareOf(sums.inTime, sums.offered),
    callbacksKept: shareOf(sums.callbacksKept, sums.callbacksKept + sums.callbacksBreached),
    attemptsPerConversion: ratio(sums.attempts, sums.conversions),
    cost:
      cost === null
        ? null
        : {
            total: cost,
            perContact: ratio(cost, sums.contacts),
            perConversion: ratio(cost, sums.conversions),
          },
  };
}

/** What these counts cost by one list of prices. */
export function costOf(sums: KpiSums, prices: Prices): number {
  const agentS = sums.readyS + sums.reservedS + sums.inCallS + sums.inWrapUpS + sums.breakS;
  return (
    sums.attempts * prices.perAttempt +
    (sums.talkS / 60) * prices.perTalkMinute +
    (agentS / 3_600) * prices.perAgentHour
  );
}

/** Counts of several groups together. People and contacts who are in more than one are counted in each of them. */
export function addSums(a: KpiSums, b: KpiSums): KpiSums {
  return Object.fromEntries(
    (Object.keys(a) as (keyof KpiSums)[]).map((key) => [key, a[key] + b[key]]),
  ) as unknown as KpiSums;
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
