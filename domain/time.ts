import { z } from 'zod';

/** An instant in milliseconds since 1970-01-01T00:00:00Z. Zones are applied only when a rule asks. */
export type EpochMs = number;
export const epochMsSchema = z.number().int().min(-8.64e15).max(8.64e15);

/** Half-open interval of instants `[from, until)`; infinities stand for "always was" and "for ever". */
export interface Interval {
  readonly from: EpochMs;
  readonly until: EpochMs;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** ISO 8601 in UTC, for people and for JSON that people read. */
export function toIso(at: EpochMs): string {
  return new Date(at).toISOString();
}
