import { z } from 'zod';
import type { AttemptFact, DialFacts } from '../../domain/facts.ts';
import type { EpochMs, Interval } from '../../domain/time.ts';
import { purposeSchema } from '../../domain/vocabulary.ts';
import { durationSchema, lastInstantOf } from '../durations.ts';
import type { NextAllowed } from '../intervals.ts';
import { allBut, always, startingAt } from '../intervals.ts';
import type { Inputs } from '../rule.ts';
import { defineRuleType } from '../rule.ts';
import type { LocalDay } from '../zones.ts';
import { dateOfDay, localDayAt, spanOfLocalDays, weekdayOf, WEEKDAYS } from '../zones.ts';

const params = z.strictObject({
  /** At most this many within any window, the call asked about included. */
  count: z.number().int().positive(),
  window: z.union([
    /** Any stretch of this length, closed on both ends: what lies exactly that far back still counts. */
    z.strictObject({ rolling: durationSchema }),
    /** Local days, weeks (from Monday) or months, in every candidate zone. */
    z.strictObject({ calendar: z.enum(['day', 'week', 'month']) }),
  ]),
  /** What counts: each attempt, each one that was picked up, or each in which a person was talked to. */
  unit: z.enum(['attempt', 'connect', 'conversation']),
  /**
   * Over what it is counted. Facts do not tell debts and subjects apart, so those are counted over the
   * person, which is never looser.
   */
  key: z.enum(['number', 'person', 'debt', 'subject']),
  /** Only earlier calls for these purposes count; empty: all. */
  countPurposes: z.array(purposeSchema).default([]),
});
type Params = z.output<typeof params>;

/** The rule type `frequency_cap` (I5): how often a person may be called, over campaigns, numbers and channels. */
export const frequencyCap = defineRuleType({
  type: 'frequency_cap',
  params,
  prepare(p, rule) {
    return ({ facts, zones }) => {
      const instants = countedInstants(p, facts);
      // Whatever the windows, fewer events than the cap leave every instant open.
      const next =
        instants.length < p.count
          ? always
          : 'rolling' in p.window
            ? rolling(p.window.rolling, p.count, instants, zones)
            : allBut(fullPeriods(p.window.calendar, p.count, instants, zones));
      return {
        next,
        refusal(t) {
          return { reason: rule.reasonCode, inputs: inputsAt(p, instants, zones, t) };
        },
        grounds(t) {
          return { inputs: inputsAt(p, instants, zones, t) };
        },
      };
    };
  },
});

function inputsAt(p: Params, instants: readonly EpochMs[], zones: readonly string[], t: EpochMs): Inputs {
  const counted =
    'rolling' in p.window
      ? countRolling(p.window.rolling, instants, zones, t)
      : countInPeriods(p.window.calendar, instants, zones, t);
  return { count: p.count, counted, unit: p.unit, window: p.window };
}

/** When each earlier call that counts happened. One whose outcome is open may yet be a conversation: it counts. */
function countedInstants(p: Params, facts: DialFacts): EpochMs[] {
  const instants: EpochMs[] = [];
  for (const attempt of facts.attempts) {
    if (p.key === 'number' && attempt.number !== facts.number.pseudonym) continue;
    if (p.countPurposes.length > 0 && !p.countPurposes.includes(attempt.purpose)) continue;
    const at = instantOf(p.unit, attempt);
    if (at !== null) instants.push(at);
  }
  return instants;
}

function instantOf(unit: Params['unit'], attempt: AttemptFact): EpochMs | null {
  const open = attempt.outcome === 'unknown' || (attempt.outcome === null && attempt.endedAt === null);
  switch (unit) {
    case 'attempt':
      return attempt.at;
    case 'connect':
      return attempt.connectedAt ?? (open ? attempt.at : null);
    case 'conversation':
      return attempt.conversation || open ? (attempt.connectedAt ?? attempt.at) : null;
  }
}

/** Free again once so few still count that one more fits; instants ahead of the clock count at once. */
function rolling(
  window: z.infer<typeof durationSchema>,
  count: number,
  instants: readonly EpochMs[],
  zones: readonly string[],
): NextAllowed {
  const counting = instants.map((at) => lastInstantOf(at, window, zones)).sort((a, b) => b - a);
  return startingAt(counting[count - 1]! + 1);
}

function countRolling(
  window: z.infer<typeof durationSchema>,
  instants: readonly EpochMs[],
  zones: readonly string[],
  t: EpochMs,
): number {
  return instants.filter((at) => t <= lastInstantOf(at, window, zones)).length;
}

type Period = 'day' | 'week' | 'month';

/** First and last local day of the period that a day lies in. */
function periodOf(period: Period, day: LocalDay): { first: LocalDay; last: LocalDay } {
  switch (period) {
    case 'day':
      return { first: day, last: day };
    case 'week': {
      const first = day - ((WEEKDAYS.indexOf(weekdayOf(day)) + 6) % 7);
      return { first, last: first + 6 };
    }
    case 'month': {
      const [year, month] = dateOfDay(day).split('-').map(Number) as [number, number];
      const dayMs = 86_400_000;
      return { first: Date.UTC(year, month - 1, 1) / dayMs, last: Date.UTC(year, month, 1) / dayMs - 1 };
    }
  }
}

function countsByPeriod(period: Period, instants: readonly EpochMs[], zone: string): Map<LocalDay, number> {
  const counts = new Map<LocalDay, number>();
  for (const at of instants) {
    const { first } = periodOf(period, localDayAt(zone, at));
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return counts;
}

function fullPeriods(
  period: Period,
  count: number,
  instants: readonly EpochMs[],
  zones: readonly string[],
): Interval[] {
  return zones.flatMap((zone) =>
    [...countsByPeriod(period, instants, zone)]
      .filter(([, counted]) => counted >= count)
      .map(([first]) => spanOfLocalDays(zone, first, periodOf(period, first).last)),
  );
}

/** The highest count that any candidate zone gives for the period of `t`. */
function countInPeriods(
  period: Period,
  instants: readonly EpochMs[],
  zones: readonly string[],
  t: EpochMs,
): number {
  const counts = zones.map((zone) => {
    const { first } = periodOf(period, localDayAt(zone, t));
    return countsByPeriod(period, instants, zone).get(first) ?? 0;
  });
  return Math.max(0, ...counts);
}
