import { MINUTE_MS, type EpochMs } from '../domain/time.ts';

/** Length of a step of a forecast (ms), and how many there are: an hour. */
export const FORECAST_STEP_MS = 5 * MINUTE_MS;
export const FORECAST_STEPS = 12;

/** When a contact may be dialled: `[from, until)`; null: no end is known. */
export interface Eligible {
  readonly from: EpochMs;
  readonly until: EpochMs | null;
}

export interface Pace {
  /** Calls that may begin in one step, by calls per second and by lines that become free. */
  readonly callsPerStep: number;
  /** Nothing is dialled before; the campaign's blocks end by then. Null: no instant is known. */
  readonly opensAt: EpochMs | null;
  /** Nothing is dialled from here on: its schedule is over; null: no end. */
  readonly closesAt: EpochMs | null;
}

export interface ForecastStep {
  readonly from: EpochMs;
  /** Of those looked at, how many become eligible in this step; in the first also those who are already. */
  readonly becoming: number;
  /** Contacts that may be dialled in it, less those dialled before. */
  readonly eligible: number;
  /** How many are likely to be dialled in it. */
  readonly dialled: number;
}

/**
 * What the next hour brings, if nothing is recorded and nobody acts. A fluid model: in each step the lines take what they
 * can of those who may be dialled, from all of them alike; who is dialled is not dialled again within the hour. Pure.
 * @param contacts of a sample
 * @param weight how many contacts of the whole each of them stands for, >= 1
 */
export function forecast(
  at: EpochMs,
  contacts: readonly Eligible[],
  weight: number,
  pace: Pace,
): ForecastStep[] {
  const left = contacts.map(() => weight);
  return Array.from({ length: FORECAST_STEPS }, (_, n) => {
    const from = at + n * FORECAST_STEP_MS;
    const to = from + FORECAST_STEP_MS;
    const now = contacts.flatMap((one, i) =>
      one.from < to && (one.until === null || one.until > Math.max(from, one.from)) ? [i] : [],
    );
    const eligible = now.reduce((sum, i) => sum + left[i]!, 0);
    const room = pace.callsPerStep * openShare(pace, from, to);
    const dialled = Math.min(eligible, room);
    const kept = eligible === 0 ? 1 : 1 - dialled / eligible;
    for (const i of now) left[i]! *= kept;
    const becoming = contacts.filter(
      (one) => one.from < to && (n === 0 || one.from >= from) && (one.until === null || one.until > from),
    ).length;
    return { from, becoming, eligible, dialled };
  });
}

/** The share of `[from, to)` in which the campaign dials. */
function openShare({ opensAt, closesAt }: Pace, from: EpochMs, to: EpochMs): number {
  if (opensAt === null) return 0;
  const begin = Math.max(from, opensAt);
  const end = Math.min(to, closesAt ?? to);
  return Math.max(0, end - begin) / (to - from);
}
