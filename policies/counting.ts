import type { EpochMs, Interval } from '../domain/time.ts';
import { DAY_MS } from '../domain/time.ts';
import { WEEKDAYS } from '../domain/wall-clock.ts';
import type { Duration } from './durations.ts';
import { lastInstantOf } from './durations.ts';
import type { NextAllowed } from './intervals.ts';
import { always, startingAt } from './intervals.ts';
import type { LocalDay } from './zones.ts';
import { dateOfDay, localDayAt, spanOfLocalDays, weekdayOf } from './zones.ts';

/** What counts towards a cap, over rolling windows (closed on both ends) and over periods of the local calendar. */

/** Free again once so few still count that one more fits; instants ahead of the clock count at once. */
export function rolling(
  window: Duration,
  count: number,
  instants: readonly EpochMs[],
  zones: readonly string[],
): NextAllowed {
  if (instants.length < count) return always;
  const counting = instants.map((at) => lastInstantOf(at, window, zones)).sort((a, b) => b - a);
  return startingAt(counting[count - 1]! + 1);
}

/** How many still count at `t`. */
export function countRolling(
  window: Duration,
  instants: readonly EpochMs[],
  zones: readonly string[],
  t: EpochMs,
): number {
  return instants.filter((at) => t <= lastInstantOf(at, window, zones)).length;
}

export type Period = 'day' | 'week' | 'month';

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
      return { first: Date.UTC(year, month - 1, 1) / DAY_MS, last: Date.UTC(year, month, 1) / DAY_MS - 1 };
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

/** Periods in which no more fits, in any zone. */
export function fullPeriods(
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
export function countInPeriods(
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
