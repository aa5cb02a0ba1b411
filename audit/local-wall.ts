import type { EpochMs } from '../domain/time.ts';

/**
 * Local wall-clock time straight from the runtime's own zone data. The audit does not use the evaluator's
 * reckoning here, so that a mistake in it cannot hide itself.
 */
const formats = new Map<string, Intl.DateTimeFormat | null>();

function formatFor(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch {
      format = null;
    }
    formats.set(zone, format);
  }
  return format;
}

/** The wall clock of a zone as if it were UTC (ms), or null when the runtime does not know the zone. */
export function wallMs(zone: string, at: EpochMs): number | null {
  const format = formatFor(zone);
  if (format === null) return null;
  const parts = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const { year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN } = parts;
  const milliseconds = ((at % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
}

/** Name of the local day, week (from Monday) or month that a wall-clock time lies in. */
export function periodName(period: 'day' | 'week' | 'month', wall: number): string {
  const date = new Date(wall);
  if (period === 'month') return date.toISOString().slice(0, 7);
  if (period === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
