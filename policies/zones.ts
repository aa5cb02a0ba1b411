import { IANAZone } from 'luxon';
import type { EpochMs, Interval } from '../domain/time.ts';
import { DAY_MS, MINUTE_MS } from '../domain/time.ts';
import { WEEKDAYS, type Weekday } from '../domain/wall-clock.ts';

/**
 * Local time, exact across offset changes (I4). luxon knows the offsets; what is here caches them by day,
 * because a decision asks for them dozens of times, and decides on the side of not calling wherever a wall
 * clock names no instant or two. A local day is an integer: days from 1970-01-01 in local reckoning.
 */
export type LocalDay = number;

/** Offsets of one UTC day: `before` holds until `change`, `after` from then on (ms east of UTC). */
interface OffsetDay {
  readonly before: number;
  readonly change: EpochMs;
  readonly after: number;
}

/** Days kept over all zones; some 400 zones of a few dozen days each. Cleared as a whole when full. */
const CACHED_DAYS_MAX = 40_000;
const zones = new Map<string, IANAZone | null>();
const offsets = new Map<string, Map<number, OffsetDay>>();
let cachedDays = 0;

/** The zone, or null when this runtime's time-zone data do not know it or it is a bare offset (`+08:00`). */
function zoneNamed(name: string): IANAZone | null {
  let zone = zones.get(name);
  if (zone === undefined) {
    const known = /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);
    zone = known ? IANAZone.create(name) : null;
    if (zones.size > 5_000) zones.clear();
    zones.set(name, zone);
  }
  return zone;
}

/** True when `name` is an IANA zone that this runtime knows. */
export function isKnownZone(name: string): boolean {
  return zoneNamed(name) !== null;
}

function offsetDay(zone: string, utcDay: number): OffsetDay {
  let days = offsets.get(zone);
  if (days === undefined) offsets.set(zone, (days = new Map<number, OffsetDay>()));
  const cached = days.get(utcDay);
  if (cached !== undefined) return cached;
  if (cachedDays >= CACHED_DAYS_MAX) {
    offsets.clear();
    offsets.set(zone, (days = new Map<number, OffsetDay>()));
    cachedDays = 0;
  }
  const day = readOffsetDay(zone, utcDay);
  days.set(utcDay, day);
  cachedDays += 1;
  return day;
}

function readOffsetDay(zone: string, utcDay: number): OffsetDay {
  const known = zoneNamed(zone);
  if (known === null) throw new RangeError(`Unknown time zone; isKnownZone() is asked first`);
  const offsetMs = (t: EpochMs) => Math.round(known.offset(t) * MINUTE_MS);
  let low = utcDay * DAY_MS;
  let high = low + DAY_MS;
  const before = offsetMs(low);
  const after = offsetMs(high);
  if (before === after) return { before, change: Infinity, after };
  // Halving finds the one change of the day to the millisecond: `low` still has `before`, `high` has not.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMs(middle) === before) low = middle;
    else high = middle;
  }
  return { before, change: high, after };
}

/** Offset from UTC at an instant (ms, east positive). The zone must be known. */
export function offsetAt(zone: string, t: EpochMs): number {
  const day = offsetDay(zone, Math.floor(t / DAY_MS));
  return t < day.change ? day.before : day.after;
}

/** The local day that an instant falls on. */
export function localDayAt(zone: string, t: EpochMs): LocalDay {
  return Math.floor((t + offsetAt(zone, t)) / DAY_MS);
}

/**
 * Instant of a wall-clock time, given as if it were UTC (`wallMs`). A time that the clock skips gives the
 * instant of the change; of a time that it shows twice, `which` picks the instant.
 */
export function instantOfWall(zone: string, wallMs: number, which: 'earlier' | 'later'): EpochMs {
  const offsetBefore = offsetAt(zone, wallMs - DAY_MS);
  const offsetAfter = offsetAt(zone, wallMs + DAY_MS);
  const early = wallMs - offsetBefore;
  if (offsetBefore === offsetAfter) return early;
  const late = wallMs - offsetAfter;
  const earlyHolds = offsetAt(zone, early) === offsetBefore;
  const lateHolds = offsetAt(zone, late) === offsetAfter;
  if (earlyHolds && lateHolds) return which === 'earlier' ? Math.min(early, late) : Math.max(early, late);
  if (earlyHolds) return early;
  if (lateHolds) return late;
  const change = offsetDay(zone, Math.floor(late / DAY_MS)).change;
  return Number.isFinite(change) ? change : offsetDay(zone, Math.floor(early / DAY_MS)).change;
}

/** All instants of local days `first` to `last` (inclusive), never fewer: the wider reading of a repeated hour. */
export function spanOfLocalDays(zone: string, first: LocalDay, last: LocalDay): Interval {
  return {
    from: instantOfWall(zone, first * DAY_MS, 'earlier'),
    until: instantOfWall(zone, (last + 1) * DAY_MS, 'later'),
  };
}

/**
 * The instants of a wall-clock interval of one local day, never more: a start that is skipped or repeated
 * counts from the change or its second showing, an end to the change or its first. May be empty.
 */
export function instantsWithin(
  zone: string,
  day: LocalDay,
  startMinute: number,
  endMinute: number,
): Interval {
  return {
    from: instantOfWall(zone, day * DAY_MS + startMinute * MINUTE_MS, 'later'),
    until: instantOfWall(zone, day * DAY_MS + endMinute * MINUTE_MS, 'earlier'),
  };
}

/** Weekday of a local day. 1970-01-01 was a Thursday. */
export function weekdayOf(day: LocalDay): Weekday {
  return WEEKDAYS[(((day + 4) % 7) + 7) % 7]!;
}

/** The local day of a calendar date (`2026-10-01`). */
export function dayOfDate(date: string): LocalDay {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}

/** The calendar date of a local day. */
export function dateOfDay(day: LocalDay): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Local wall-clock time for people, such as `Thu 2026-11-19 09:30:05`. */
export function localText(zone: string, t: EpochMs): string {
  const local = new Date(t + offsetAt(zone, t)).toISOString();
  const weekday = weekdayOf(localDayAt(zone, t));
  return `${weekday.charAt(0).toUpperCase()}${weekday.slice(1)} ${local.slice(0, 10)} ${local.slice(11, 19)}`;
}
