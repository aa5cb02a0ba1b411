import { z } from 'zod';
import type { EpochMs } from './time.ts';

/**
 * What clocks of a zone show, by the runtime's own tables. Screens, shifts, active hours and hours of the day go by it; the
 * law's windows do not (policies/ has them, with their care for candidates and gaps), nor does the audit, which judges both.
 */

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];
export const weekdaysSchema = z.array(z.enum(WEEKDAYS)).min(1, 'names no day');

export interface WallClock {
  readonly weekday: Weekday;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Making one takes a thousand times as long as asking it. Null: the runtime does not know the zone. */
const formats = new Map<string, Intl.DateTimeFormat | null>();
/** There are some 400 zones; unknown ones are kept too. */
const FORMATS_MAX = 1_000;

function formatOf(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        weekday: 'short',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
    } catch {
      format = null;
    }
    if (formats.size >= FORMATS_MAX) formats.clear();
    formats.set(zone, format);
  }
  return format;
}

/** Whether the runtime knows the IANA zone. A bare offset, which it would take for one, is none (I4). */
export function isZone(zone: string): boolean {
  return /^[A-Za-z]/.test(zone) && formatOf(zone) !== null;
}

/** What clocks show at an instant. @throws RangeError when the runtime does not know the zone */
export function wallClock(zone: string, at: EpochMs): WallClock {
  const format = formatOf(zone);
  if (format === null) throw new RangeError(`the zone ${zone} is not known here`);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type)!;
  return {
    weekday: part('weekday').toLowerCase() as Weekday,
    date: `${part('year')}-${part('month')}-${part('day')}`,
    hour: Number(part('hour')),
    minute: Number(part('minute')),
    second: Number(part('second')),
  };
}

/** Minutes since midnight of an `HH:MM`. */
export function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return hours! * 60 + minutes!;
}
