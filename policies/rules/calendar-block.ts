import { z } from 'zod';
import type { EpochMs, Interval } from '../../domain/time.ts';
import { WEEKDAYS, type Weekday } from '../../domain/wall-clock.ts';
import type { CompiledCalendar } from '../calendar.ts';
import type { NextAllowed } from '../intervals.ts';
import { complement, holds, intersection, listed, merge, never } from '../intervals.ts';
import type { Judgement } from '../judgement.ts';
import { defineRuleType } from '../rule.ts';
import type { LocalDay } from '../zones.ts';
import { dateOfDay, localDayAt, spanOfLocalDays, weekdayOf } from '../zones.ts';
import { more, rising } from '../strictness.ts';

const params = z
  .strictObject({
    /** Calendar whose days off are blocked; outside its coverage nothing is allowed (I6). Null: weekdays only. */
    calendar: z.string().nullable(),
    /** Weekdays blocked as well. */
    weekdays: z.array(z.enum(WEEKDAYS)).default([]),
    /** `nearest_weekday`: a day off on Saturday is kept on Friday too, one on Sunday on Monday too. */
    observedShift: z.enum(['none', 'nearest_weekday']).default('none'),
    /** `treat_as_workday`: a make-up workday of the calendar is allowed although its weekday is blocked. */
    workdaySwap: z.enum(['ignore', 'treat_as_workday']).default('ignore'),
  })
  .refine((p) => p.calendar !== null || p.weekdays.length > 0, {
    path: ['calendar'],
    message: 'is null and no weekday is named, so the rule blocks nothing',
    params: { expected: 'the id of a calendar, or at least one weekday' },
  })
  .refine(
    (p) =>
      new Set(p.weekdays).size < WEEKDAYS.length ||
      (p.calendar !== null && p.workdaySwap === 'treat_as_workday'),
    {
      path: ['weekdays'],
      message: 'names all seven days, so the rule never allows a call',
      params: { expected: 'fewer days' },
    },
  );
type Params = z.output<typeof params>;

const DAY_BEFORE_OR_AFTER: Partial<Record<Weekday, number>> = { sat: -1, sun: 1 };

/** The rule type `calendar_block`: days, in every candidate zone, on which no call may ring. */
export const calendarBlock = defineRuleType({
  type: 'calendar_block',
  params,
  calendars: (p) => (p.calendar === null ? [] : [p.calendar]),
  strictness: {
    // Of another calendar it cannot be told which days it has.
    calendar: (before, after) => before === null || before === after,
    weekdays: more,
    observedShift: rising('none', 'nearest_weekday'),
    workdaySwap: rising('treat_as_workday', 'ignore'),
  },
  prepare(p, rule, { calendars }) {
    const calendar = p.calendar === null ? null : calendars.get(p.calendar)!;
    const blockOf = dayBlocker(p, calendar);
    const byZone = new Map<string, NextAllowed>();
    const setIn = (zone: string) => {
      let set = byZone.get(zone);
      if (set === undefined) {
        if (byZone.size > 1_000) byZone.clear();
        set = calendar === null ? openWeekdays(zone, blockOf) : listed(openDays(zone, calendar, blockOf));
        byZone.set(zone, set);
      }
      return set;
    };

    return ({ zones }): Judgement => {
      const sets = zones.map(setIn);
      const next = zones.length === 0 ? never : intersection(sets);
      const common = calendar === null ? {} : { calendar: calendar.id, calendarVersion: calendar.version };
      return {
        next,
        refusal(t) {
          if (zones.length === 0) return { reason: 'zone.unknown', inputs: { zones } };
          const blocked = zones.find((_, i) => !holds(sets[i]!, t)) ?? zones[0]!;
          const why = blockOf(localDayAt(blocked, t)) ?? 'touches a blocked day';
          // Where nothing allowed follows, it is the calendar's end that stands against the call.
          const uncovered = why === UNCOVERED || next(t) === null;
          const coveredTo = calendar === null ? {} : { coveredTo: dateOfDay(calendar.lastDay) };
          return {
            reason: uncovered ? 'calendar.uncovered' : rule.reasonCode,
            inputs: { ...common, localDays: localDays(zones, t), why, ...coveredTo },
          };
        },
        grounds(t) {
          return { inputs: { ...common, localDays: localDays(zones, t) } };
        },
      };
    };
  },
});

function localDays(zones: readonly string[], t: EpochMs): Record<string, string> {
  const days: Record<string, string> = {};
  for (const zone of zones) days[zone] = dateOfDay(localDayAt(zone, t));
  return days;
}

const UNCOVERED = 'outside the calendar’s coverage';

/** Says why a local day is blocked, or null. */
function dayBlocker(p: Params, calendar: CompiledCalendar | null): (day: LocalDay) => string | null {
  const observed = new Map<LocalDay, string>();
  if (calendar !== null && p.observedShift === 'nearest_weekday') {
    for (const [day, name] of calendar.daysOff) {
      const shift = DAY_BEFORE_OR_AFTER[weekdayOf(day)];
      if (shift !== undefined) observed.set(day + shift, `${name} (observed)`);
    }
  }
  return (day) => {
    if (calendar !== null) {
      if (day < calendar.firstDay || day > calendar.lastDay) return UNCOVERED;
      const name = calendar.daysOff.get(day) ?? observed.get(day);
      if (name !== undefined) return name;
      if (p.workdaySwap === 'treat_as_workday' && calendar.workdays.has(day)) return null;
    }
    const weekday = weekdayOf(day);
    return p.weekdays.includes(weekday) ? weekday : null;
  };
}

/** All that a calendar leaves open in a zone, found once: its coverage less the blocked days. */
function openDays(
  zone: string,
  calendar: CompiledCalendar,
  blockOf: (day: LocalDay) => string | null,
): Interval[] {
  const first = spanOfLocalDays(zone, calendar.firstDay, calendar.firstDay);
  const last = spanOfLocalDays(zone, calendar.lastDay, calendar.lastDay);
  const closed: Interval[] = [
    { from: -Infinity, until: first.from },
    { from: last.until, until: Infinity },
  ];
  for (let day = calendar.firstDay; day <= calendar.lastDay; day += 1) {
    if (blockOf(day) !== null) closed.push(spanOfLocalDays(zone, day, day));
  }
  return complement(merge(closed));
}

/** Without a calendar the weekdays repeat for ever, so they are found as they are asked for. */
function openWeekdays(zone: string, blockOf: (day: LocalDay) => string | null): NextAllowed {
  return (t) => {
    let day = localDayAt(zone, t);
    for (;;) {
      while (blockOf(day) !== null) day += 1;
      const firstOpen = day;
      while (blockOf(day) === null) day += 1;
      const from = spanOfLocalDays(zone, firstOpen - 1, firstOpen - 1).until;
      const until = spanOfLocalDays(zone, day, day).from;
      if (until > t && from < until) return { from, until };
    }
  };
}
