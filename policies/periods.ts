import { DateTime } from 'luxon';
import { z } from 'zod';
import type { EpochMs } from '../domain/time.ts';

/** A length of time as the law gives those for records: exactly one of days, months or years. */
export const periodSchema = z.union([
  z.strictObject({ days: z.number().int().positive() }),
  z.strictObject({ months: z.number().int().positive() }),
  z.strictObject({ years: z.number().int().positive() }),
]);
export type Period = z.infer<typeof periodSchema>;

/** The instant at which a period that begins at `from` is over, by the UTC calendar (29 February plus a year: 28). */
export function periodEnd(from: EpochMs, period: Period): EpochMs {
  return DateTime.fromMillis(from, { zone: 'utc' }).plus(period).toMillis();
}

/** True when `a` may be longer than `b`: a month as 31 days against one as 28. */
export function isLonger(a: Period, b: Period): boolean {
  const from = Date.UTC(2024, 0, 1);
  return periodEnd(from, a) > periodEnd(from, b);
}
