import type { ActiveHours } from './campaign-rules.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type EpochMs } from './time.ts';
import { minutesOf, wallClock, type WallClock } from './wall-clock.ts';

/** When a campaign is active, on the clock of its own zone. Beside the law's windows: it only ever narrows them. */

/** Whether it may call on the day itself. */
function isActiveDay(hours: ActiveHours, date: string): boolean {
  if (hours.except.includes(date)) return false;
  return hours.between.length === 0 || hours.between.some(({ from, until }) => from <= date && date <= until);
}

export function isActive(hours: ActiveHours | null, zone: string, at: EpochMs): boolean {
  if (hours === null) return true;
  const now = wallClock(zone, at);
  const minute = minuteOfDay(now);
  return (
    isActiveDay(hours, now.date) &&
    hours.windows.some(
      ({ days, from, until }) =>
        days.includes(now.weekday) && minutesOf(from) <= minute && minute < minutesOf(until),
    )
  );
}

/** How far ahead is looked for an active instant: a year and a day, so that a yearly season is found. */
const LOOK_AHEAD_MS = 367 * DAY_MS;

/**
 * The first minute from `at` on at which it is active; null: none within a year. Asked of the clock itself, so that days
 * on which it is put forward or back need no care.
 */
export function nextActiveAt(hours: ActiveHours | null, zone: string, at: EpochMs): EpochMs | null {
  if (isActive(hours, zone, at)) return at;
  const end = at + LOOK_AHEAD_MS;
  let t = (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS;
  while (t < end) {
    const now = wallClock(zone, t);
    const windows = hours!.windows.filter(({ days }) => days.includes(now.weekday));
    if (windows.length === 0 || !isActiveDay(hours!, now.date)) {
      t = nextDayAt(zone, t);
      continue;
    }
    if (isActive(hours, zone, t)) return t;
    // To the next minute that a window could begin at.
    const starts = windows.map(({ from }) => minutesOf(from) - minuteOfDay(now)).filter((m) => m > 0);
    const step = starts.length === 0 ? Infinity : Math.min(...starts);
    // The clock may be put back or forward on the way: never further than an hour at once near a start.
    t = Math.min(nextDayAt(zone, t), t + (step > 120 ? (step - 61) * MINUTE_MS : MINUTE_MS));
  }
  return null;
}

/** The first minute of the next day on the zone's clock. */
export function nextDayAt(zone: string, at: EpochMs): EpochMs {
  const today = wallClock(zone, at).date;
  let low = Math.floor(at / MINUTE_MS);
  let high = Math.floor((at + 26 * HOUR_MS) / MINUTE_MS);
  // Dates only go forward, but for a day of 25 hours they stay longer.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallClock(zone, middle * MINUTE_MS).date === today) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

/** The first minute of the day that `at` is in. */
export function dayStartedAt(zone: string, at: EpochMs): EpochMs {
  const today = wallClock(zone, at).date;
  let low = Math.floor((at - 26 * HOUR_MS) / MINUTE_MS);
  let high = Math.floor(at / MINUTE_MS);
  if (wallClock(zone, high * MINUTE_MS).date !== today) return high * MINUTE_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallClock(zone, middle * MINUTE_MS).date === today) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}

function minuteOfDay({ hour, minute }: WallClock): number {
  return hour * 60 + minute;
}
