import { z } from 'zod';
import type { EpochMs } from '../domain/time.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { instantOfWall, offsetAt } from './zones.ts';

/** Exactly one of minutes, hours or days. */
export const durationSchema = z.union([
  z.strictObject({ minutes: z.number().int().positive() }),
  z.strictObject({ hours: z.number().int().positive() }),
  z.strictObject({ days: z.number().int().positive() }),
]);
export type Duration = z.infer<typeof durationSchema>;

export function durationMs(duration: Duration): number {
  if ('minutes' in duration) return duration.minutes * MINUTE_MS;
  return 'hours' in duration ? duration.hours * HOUR_MS : duration.days * DAY_MS;
}

/**
 * The last instant at which something that happened at `from` still counts, in the longest reading: days are
 * taken both as 24 hours and as the same wall-clock time so many days later in every zone, whichever is
 * later. Thereby no reading of "within 7 days" is exceeded when a day has 23 or 25 hours.
 */
export function lastInstantOf(from: EpochMs, duration: Duration, zones: readonly string[]): EpochMs {
  let last = from + durationMs(duration);
  if (!('days' in duration)) return last;
  for (const zone of zones) {
    const wall = from + offsetAt(zone, from) + duration.days * DAY_MS;
    last = Math.max(last, instantOfWall(zone, wall, 'later'));
  }
  return last;
}
