import type { ActiveHours } from './campaign-rules.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type EpochMs } from './time.ts';

/** When a campaign is active, on the clock of its own zone. Beside the law's windows: it only ever narrows them. */

interface Local {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly day: string;
  /** HH:MM */
  readonly time: string;
}

/** Making one takes a thousand times as long as asking it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function localOf(zone: string, at: EpochMs): Local {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type)!;
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    day: part('weekday').toLowerCase(),
    time: `${part('hour')}:${part('minute')}`,
  };
}

/** Whether it may call on the day itself. */
function isActiveDay(hours: ActiveHours, date: string): boolean {
  if (hours.except.includes(date)) return false;
  return hours.between.length === 0 || hours.between.some(({ from, until }) => from <= date && date <= until);
}

export function isActive(hours: ActiveHours | null, zone: string, at: EpochMs): boolean {
  if (hours === null) return true;
  const { date, day, time } = localOf(zone, at);
  if (!isActiveDay(hours, date)) return false;
  return hours.windows.some(
    (window) =>
      (window.days as readonly string[]).includes(day) && window.from <= time && time < window.until,
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
    const { date, day, time } = localOf(zone, t);
    const windows = hours!.windows.filter(({ days }) => (days as readonly string[]).includes(day));
    if (windows.length === 0 || !isActiveDay(hours!, date)) {
      t = nextDayAt(zone, t);
      continue;
    }
    if (isActive(hours, zone, t)) return t;
    // To the next minute that a window could begin at.
    const starts = windows.map(({ from }) => minutesOf(from) - minutesOf(time)).filter((m) => m > 0);
    const step = starts.length === 0 ? Infinity : Math.min(...starts);
    // The clock may be put back or forward on the way: never further than an hour at once near a start.
    t = Math.min(nextDayAt(zone, t), t + (step > 120 ? (step - 61) * MINUTE_MS : MINUTE_MS));
  }
  return null;
}

/** The first minute of the next day on the zone's clock. */
export function nextDayAt(zone: string, at: EpochMs): EpochMs {
  const today = localOf(zone, at).date;
  let low = Math.floor(at / MINUTE_MS);
  let high = Math.floor((at + 26 * HOUR_MS) / MINUTE_MS);
  // Dates only go forward, but for a day of 25 hours they stay longer.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localOf(zone, middle * MINUTE_MS).date === today) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

/** The first minute of the day that `at` is in. */
export function dayStartedAt(zone: string, at: EpochMs): EpochMs {
  const today = localOf(zone, at).date;
  let low = Math.floor((at - 26 * HOUR_MS) / MINUTE_MS);
  let high = Math.floor(at / MINUTE_MS);
  if (localOf(zone, high * MINUTE_MS).date !== today) return high * MINUTE_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localOf(zone, middle * MINUTE_MS).date === today) high = middle;
    else low = middle;
  }
  return high * MINUTE_MS;
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return hours! * 60 + minutes!;
}
