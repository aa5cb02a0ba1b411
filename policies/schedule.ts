import { z } from 'zod';
import type { EpochMs, Interval } from '../domain/time.ts';
import { WEEKDAYS, type Weekday } from '../domain/wall-clock.ts';
import type { NextAllowed } from './intervals.ts';
import { always, merge } from './intervals.ts';
import type { LocalDay } from './zones.ts';
import { instantsWithin, localDayAt, weekdayOf } from './zones.ts';

const MINUTES_PER_DAY = 1_440;

interface Window {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** Windows by weekday, sorted; a weekday without windows is closed. */
export type Schedule = Readonly<Record<Weekday, readonly Window[]>>;

const HH_MM = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

const windowSchema = z.string().transform((text, context): Window => {
  const match = HH_MM.exec(text);
  const expected = 'HH:MM-HH:MM from 00:00 to 24:00, the end after the start';
  if (match === null) {
    context.issues.push({ code: 'custom', input: text, message: 'is not a window', params: { expected } });
    return z.NEVER;
  }
  const startMinute = Number(match[1]) * 60 + Number(match[2]);
  const endMinute = match[3] === undefined ? MINUTES_PER_DAY : Number(match[3]) * 60 + Number(match[4]);
  if (endMinute <= startMinute) {
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'ends at or before its start',
      params: { expected: `${expected}; split a window over midnight in two` },
    });
    return z.NEVER;
  }
  return { startMinute, endMinute };
});

const daySchema = z.array(windowSchema).transform((windows, context) => {
  const sorted = windows.toSorted((a, b) => a.startMinute - b.startMinute);
  const overlapping = sorted.some((window, i) => i > 0 && window.startMinute < sorted[i - 1]!.endMinute);
  if (overlapping) {
    context.issues.push({
      code: 'custom',
      input: windows,
      message: 'has windows that overlap',
      params: { expected: 'windows that follow one another' },
    });
  }
  return sorted;
});

/**
 * `{ daily: ["09:00-12:00"] }`, or weekdays by name (`mon` … `sun`), each with its windows; a weekday that
 * is not named is closed, and `daily` stands for the weekdays that are not named. Local wall-clock time.
 */
export const scheduleSchema = z
  .strictObject({
    daily: daySchema.optional(),
    sun: daySchema.optional(),
    mon: daySchema.optional(),
    tue: daySchema.optional(),
    wed: daySchema.optional(),
    thu: daySchema.optional(),
    fri: daySchema.optional(),
    sat: daySchema.optional(),
  })
  .transform((days, context): Schedule => {
    const usual = days.daily ?? [];
    const schedule = Object.fromEntries(
      WEEKDAYS.map((day) => [day, days[day] ?? usual]),
    ) as unknown as Schedule;
    if (WEEKDAYS.every((day) => schedule[day].length === 0)) {
      context.issues.push({
        code: 'custom',
        input: days,
        message: 'has no window on any day',
        params: { expected: 'at least one window; a rule that never allows would stop every call' },
      });
    }
    return schedule;
  });

/** True when the schedule leaves no minute of the week out. */
function isRoundTheClock(schedule: Schedule): boolean {
  return WEEKDAYS.every((day) => {
    const open = merge(schedule[day].map((w) => ({ from: w.startMinute, until: w.endMinute })));
    return open.length === 1 && open[0]!.from === 0 && open[0]!.until === MINUTES_PER_DAY;
  });
}

/** True when every minute of the week that `inner` leaves open is open in `outer` too. */
export function liesWithin(inner: Schedule, outer: Schedule): boolean {
  return WEEKDAYS.every((day) => {
    const open = merge(outer[day].map((w) => ({ from: w.startMinute, until: w.endMinute })));
    return inner[day].every((w) => open.some((o) => o.from <= w.startMinute && w.endMinute <= o.until));
  });
}

/** Days looked ahead for a window: a weekly one may lose one week's showing to a change of offset. */
const LOOK_AHEAD_DAYS = 28;

/** Other windows for some days; undefined: the weekday's own; null: not known, and so closed (I6). */
export type SpecialDays = (day: LocalDay) => readonly Window[] | null | undefined;

/** The windows that a schedule has on the weekday of a local day. */
export function windowsOn(schedule: Schedule, day: LocalDay): readonly Window[] {
  return schedule[weekdayOf(day)];
}

/**
 * Instants that a schedule allows in a zone, with the zone's days cached; `delayMinutes` moves starts only.
 * @param special days that have windows of their own; null: none
 */
export function scheduleIn(
  schedule: Schedule,
  special: SpecialDays | null = null,
): (zone: string, delayMinutes: number) => NextAllowed {
  const roundTheClock = special === null && isRoundTheClock(schedule);
  const sets = new Map<string, NextAllowed>();
  return (zone, delayMinutes) => {
    if (roundTheClock && delayMinutes === 0) return always;
    const key = `${zone}/${delayMinutes}`;
    let set = sets.get(key);
    if (set === undefined) {
      if (sets.size > 2_000) sets.clear();
      set = nextIn(schedule, special, zone, delayMinutes, new Map());
      sets.set(key, set);
    }
    return set;
  };
}

function nextIn(
  schedule: Schedule,
  special: SpecialDays | null,
  zone: string,
  delayMinutes: number,
  days: Map<LocalDay, readonly Interval[]>,
): NextAllowed {
  const openOn = (day: LocalDay): readonly Interval[] => {
    const cached = days.get(day);
    if (cached !== undefined) return cached;
    if (days.size >= 1_000) days.clear();
    const own = special?.(day);
    const open = (own === undefined ? windowsOn(schedule, day) : (own ?? []))
      .map((window) => instantsWithin(zone, day, window.startMinute + delayMinutes, window.endMinute))
      .filter((interval) => interval.from < interval.until);
    days.set(day, open);
    return open;
  };
  return (t: EpochMs) => {
    const today = localDayAt(zone, t);
    for (let day = today; day <= today + LOOK_AHEAD_DAYS; day += 1) {
      for (const interval of openOn(day)) if (interval.until > t) return interval;
    }
    return null;
  };
}
