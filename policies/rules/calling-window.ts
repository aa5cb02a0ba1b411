import { z } from 'zod';
import type { EpochMs } from '../../domain/time.ts';
import { ANY_CONSENT, grantAt } from '../consents.ts';
import { holds, intersection, never, union } from '../intervals.ts';
import type { Judgement, Subject } from '../judgement.ts';
import type { CompileContext } from '../rule.ts';
import { defineRuleType } from '../rule.ts';
import type { SpecialDays } from '../schedule.ts';
import { scheduleIn, scheduleSchema, windowsOn } from '../schedule.ts';
import { localDayAt, localText } from '../zones.ts';
import { narrower, same } from '../strictness.ts';

const params = z.strictObject({
  /** When calls are allowed, local time; all candidate zones must agree (I4). */
  windows: scheduleSchema,
  /**
   * Minutes that local habit runs behind the clock, by jurisdiction (`CN-XJ`) or zone (`Asia/Urumqi`): delays
   * each start and never extends an end. Xinjiang's offices work two hours after the legal time.
   */
  habitualOffsetMinutes: z.record(z.string(), z.number().int().min(0).max(720)).default({}),
  /**
   * Windows allowed too while the person's live consent for the call's purpose and channel names this rule in
   * its `widens`. Law and standards only.
   */
  widenedWindows: scheduleSchema.optional(),
  /**
   * Windows that hold instead on the days off of a calendar; outside its coverage nothing is allowed (I6). Null: days
   * off are as other days.
   */
  holidayWindows: z.strictObject({ calendar: z.string(), windows: scheduleSchema }).nullable().default(null),
});

type Params = z.output<typeof params>;

/** The rule type `calling_window`: hours of the day and week in which a call may ring. */
export const callingWindow = defineRuleType({
  type: 'calling_window',
  params,
  widening: (p) => (p.widenedWindows === undefined ? [] : ['widenedWindows']),
  calendars: (p) => (p.holidayWindows === null ? [] : [p.holidayWindows.calendar]),
  strictness: {
    windows: narrower,
    habitualOffsetMinutes: laterStarts,
    widenedWindows: (before, after) =>
      after === undefined || (before !== undefined && narrower(before, after)),
    holidayWindows: (before, after) =>
      same(before, after) ||
      (before !== null &&
        after !== null &&
        before.calendar === after.calendar &&
        narrower(before.windows, after.windows)),
  },
  prepare(p, rule, { calendars }) {
    const onDay = p.holidayWindows === null ? null : specialDays(p.holidayWindows, calendars);
    const usual = scheduleIn(p.windows, onDay);
    const widened = p.widenedWindows === undefined ? null : scheduleIn(p.widenedWindows);
    return ({ facts, zones, jurisdictions, consent }: Subject): Judgement => {
      if (zones.length === 0) return unknownZone;
      const usualSet = intersection(zones.map((zone) => usual(zone, delayMinutes(p, zone, jurisdictions))));
      const question = {
        ...ANY_CONSENT,
        purposes: [facts.purpose],
        level: 'express',
        widens: rule.id,
      } as const;
      const permission = widened === null ? null : consent(question);
      const special =
        widened === null || permission === null || permission.live.length === 0
          ? never
          : intersection([permission.next, ...zones.map((zone) => widened(zone, 0))]);
      return {
        next: union(usualSet, special),
        refusal(t) {
          const uncovered = onDay !== null && zones.some((zone) => onDay(localDayAt(zone, t)) === null);
          const reason = uncovered ? 'calendar.uncovered' : rule.reasonCode;
          return { reason, inputs: { localTimes: localTimes(zones, t) } };
        },
        grounds(t) {
          const inputs = { localTimes: localTimes(zones, t) };
          if (permission === null || holds(usualSet, t)) return { inputs };
          return { exempt: true, inputs: { ...inputs, widenedBy: grantAt(permission, t)?.eventId ?? null } };
        },
      };
    };
  },
});

function specialDays(
  holiday: NonNullable<Params['holidayWindows']>,
  calendars: CompileContext['calendars'],
): SpecialDays {
  const calendar = calendars.get(holiday.calendar)!;
  return (day) => {
    if (day < calendar.firstDay || day > calendar.lastDay) return null;
    return calendar.daysOff.has(day) ? windowsOn(holiday.windows, day) : undefined;
  };
}

/** Every start at least as late as before. */
function laterStarts(
  before: Params['habitualOffsetMinutes'],
  after: Params['habitualOffsetMinutes'],
): boolean {
  return Object.entries(before).every(([place, minutes]) => (after[place] ?? 0) >= minutes);
}

function delayMinutes(p: Params, zone: string, jurisdictions: readonly string[]): number {
  let delay = p.habitualOffsetMinutes[zone] ?? 0;
  for (const jurisdiction of jurisdictions)
    delay = Math.max(delay, p.habitualOffsetMinutes[jurisdiction] ?? 0);
  return delay;
}

function localTimes(zones: readonly string[], t: EpochMs): Record<string, string> {
  const times: Record<string, string> = {};
  for (const zone of zones) times[zone] = localText(zone, t);
  return times;
}

const unknownZone: Judgement = {
  next: never,
  refusal() {
    return { reason: 'zone.unknown', inputs: { zones: [] } };
  },
  grounds() {
    return { inputs: {} };
  },
};
