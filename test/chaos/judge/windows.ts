import { z } from 'zod';
import { wallMs } from '../../../audit/local-wall.ts';
import { DAY_MS, MINUTE_MS, toIso, type EpochMs } from '../../../domain/time.ts';
import { calendarsOf, rulesOf, type BindingRule, type Calendar } from './documents.ts';
import { clockOffMs } from './faults.ts';
import { byId, dialsOf, type AttemptRecord, type Case, type DecisionRecord, type Dial } from './records.ts';
import type { Findings, Found } from './verdict.ts';

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const scheduleSchema = z.partialRecord(z.enum([...WEEKDAYS, 'daily']), z.array(z.string()));
type Schedule = z.infer<typeof scheduleSchema>;

const windowParams = z.object({
  windows: scheduleSchema,
  habitualOffsetMinutes: z.record(z.string(), z.number()).default({}),
  holidayWindows: z.object({ calendar: z.string(), windows: scheduleSchema }).nullish(),
});
const blockParams = z.object({
  calendar: z.string().nullable(),
  weekdays: z.array(z.enum(WEEKDAYS)).default([]),
  observedShift: z.string().default('none'),
  workdaySwap: z.string().default('ignore'),
});

/** At the send at least this much (real ms) of what the policies allow is left (gate/decide.ts, SEND_GUARD_REAL_MS). */
const GUARD_REAL_MS = 400;

/** Whether a rule leaves an instant open in a zone. */
type IsOpen = (zone: string, at: EpochMs) => boolean;

/**
 * I4: at the carrier's own instant each rule of hours and days that bound the call left it open in every candidate zone: read
 * from the stored documents and the runtime's zone data, not by the evaluator.
 */
export function judgeWindows({ evidence, records }: Case): Findings {
  const attempts = byId(records.attempts);
  const decisions = byId(records.decisions);
  const { speed } = evidence.run.clock;
  const violations: Found[] = [];
  const residuals: Found[] = [];
  const notLooked = new Set<string>();
  let looked = 0;
  for (const dial of dialsOf(evidence)) {
    if (!dial.accepted || dial.attemptId === null) continue;
    const attempt = attempts.get(dial.attemptId);
    const decision = attempt === undefined ? undefined : decisions.get(attempt.decisionId);
    if (attempt === undefined || decision === undefined) continue;
    const rules = openingsOf(records, decision);
    if (rules === null) {
      notLooked.add('calls whose decision has facts or documents that cannot be read');
      continue;
    }
    const zones = zonesOf(records, decision, dial.at);
    // A stepped clock makes the engine's instant another than the carrier's, by the step and no more.
    const offMs = speed * clockOffMs(evidence.faults, decision.recordedReal, dial.atReal);
    looked += rules.length * zones.length;
    for (const { name, isOpen } of rules) {
      const closed = zones.find((zone) => ![0, -offMs, offMs].some((by) => isOpen(zone, dial.at + by)));
      if (closed === undefined) continue;
      const found = foundIn(dial, attempt, name, closed);
      if (wasHeldUp(dial, attempt) && isOpen(closed, attempt.sendingAt! + GUARD_REAL_MS * speed)) {
        const late = dial.atReal - attempt.sendingReal!;
        residuals.push({ ...found, what: `${found.what}; it took ${late} ms to reach the carrier` });
      } else violations.push(found);
    }
  }
  return { looked, violations, residuals, notLooked: [...notLooked] };
}

function foundIn(dial: Dial, attempt: AttemptRecord, rule: string, zone: string): Found {
  const wall = wallMs(zone, dial.at);
  const local = wall === null ? 'a zone that nobody knows' : `${toIso(wall).slice(0, 19)} in ${zone}`;
  return {
    subject: { attemptId: attempt.id, contactId: attempt.contactId },
    aroundReal: dial.atReal,
    what: `the carrier took it at ${toIso(dial.at)} (engine clock), ${local}`,
    expected: `an instant that ${rule} leaves open in every candidate zone`,
  };
}

/** What docs/invariants.md says of I4: a request that takes longer than the guard to reach the carrier may arrive too late. */
function wasHeldUp(dial: Dial, attempt: AttemptRecord): boolean {
  return attempt.sendingReal !== null && dial.atReal - attempt.sendingReal >= GUARD_REAL_MS;
}

function zonesOf(records: Case['records'], decision: DecisionRecord, at: EpochMs): string[] {
  const known = (records.places.get(decision.personId) ?? []).filter(
    ({ recordedAt }) => recordedAt === null || recordedAt <= Math.min(at, decision.at),
  );
  const named = decision.facts!.locations.map(({ zone }) => zone);
  return [...new Set([...named, ...known.map(({ zone }) => zone)])].filter((zone) => zone !== null);
}

function openingsOf(
  records: Case['records'],
  decision: DecisionRecord,
): { name: string; isOpen: IsOpen }[] | null {
  const windows = rulesOf(records, decision, 'calling_window');
  const blocks = rulesOf(records, decision, 'calendar_block');
  if (windows === null || blocks === null || decision.facts === null) return null;
  const { locations, number } = decision.facts;
  const places = [number.country, ...locations.map(({ jurisdiction }) => jurisdiction)];
  const calendars = calendarsOf(records, decision);
  const openings = [
    ...windows.map((rule) => ({ name: rule.name, isOpen: windowOf(rule, places, calendars) })),
    ...blocks.map((rule) => ({ name: rule.name, isOpen: daysOf(rule, calendars) })),
  ];
  return openings.some(({ isOpen }) => isOpen === null)
    ? null
    : openings.map(({ name, isOpen }) => ({ name, isOpen: isOpen! }));
}

function windowOf(
  rule: BindingRule,
  places: readonly (string | null)[],
  calendars: ReadonlyMap<string, Calendar>,
): IsOpen | null {
  const params = windowParams.safeParse(rule.params).data;
  if (params === undefined) return null;
  const { windows, habitualOffsetMinutes: habits, holidayWindows } = params;
  return (zone, at) => {
    const wall = wallMs(zone, at);
    if (wall === null) return false;
    const delay = Math.max(0, ...[zone, ...places].map((place) => habits[place ?? ''] ?? 0));
    let schedule = windows;
    if (holidayWindows) {
      const calendar = calendars.get(holidayWindows.calendar);
      const date = dateOf(wall);
      if (calendar === undefined || !covers(calendar, date)) return false;
      if (isDayOff(calendar, date)) schedule = holidayWindows.windows;
    }
    return isWithin(schedule, wall, delay);
  };
}

function isWithin(schedule: Schedule, wall: number, delayMinutes: number): boolean {
  const minute = (((wall % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS;
  const windows = schedule[weekdayOf(wall)] ?? schedule.daily ?? [];
  return windows.some((text) => {
    const [from = NaN, to = NaN] = text.split('-').map((time) => {
      const [hours = NaN, minutes = NaN] = time.split(':').map(Number);
      return hours * 60 + minutes;
    });
    return from + delayMinutes <= minute && minute < to;
  });
}

function daysOf(rule: BindingRule, calendars: ReadonlyMap<string, Calendar>): IsOpen | null {
  const params = blockParams.safeParse(rule.params).data;
  if (params === undefined) return null;
  return (zone, at) => {
    const wall = wallMs(zone, at);
    if (wall === null) return false;
    const date = dateOf(wall);
    const weekday = weekdayOf(wall);
    if (params.calendar === null) return !params.weekdays.includes(weekday);
    const calendar = calendars.get(params.calendar);
    if (calendar === undefined || !covers(calendar, date) || isDayOff(calendar, date)) return false;
    if (params.observedShift === 'nearest_weekday') {
      if (weekday === 'fri' && isDayOff(calendar, dateOf(wall + DAY_MS))) return false;
      if (weekday === 'mon' && isDayOff(calendar, dateOf(wall - DAY_MS))) return false;
    }
    if (params.workdaySwap === 'treat_as_workday' && calendar.workdays.includes(date)) return true;
    return !params.weekdays.includes(weekday);
  };
}

function weekdayOf(wall: number): (typeof WEEKDAYS)[number] {
  return WEEKDAYS[new Date(wall).getUTCDay()]!;
}

function dateOf(wall: number): string {
  return toIso(wall).slice(0, 10);
}

function covers({ coverage }: Calendar, date: string): boolean {
  return coverage.from <= date && date <= coverage.to;
}

function isDayOff({ daysOff }: Calendar, date: string): boolean {
  return daysOff.some(({ from, to }) => from <= date && date <= (to ?? from));
}
