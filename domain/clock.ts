import type { EpochMs } from './time.ts';

/**
 * The engine's idea of now. Everything that the law or a campaign's rules look at uses `now()`;
 * leases, time-outs and rate limits at the carrier use real time.
 */
export interface Clock {
  /** The instant that rules are evaluated at: real time, or simulated time in a rehearsal. */
  now(): EpochMs;
  /** Real milliseconds that pass while `simulatedMs` pass on this clock. */
  toRealMs(simulatedMs: number): number;
  /** Simulated milliseconds per real millisecond; 1 on a real clock. */
  readonly speed: number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  toRealMs: (ms) => ms,
  speed: 1,
};

/** The mapping that all processes of one rehearsal share, so that their clocks agree. */
export interface ScaledClockSetting {
  /** Simulated instant at `realStart`. */
  readonly from: EpochMs;
  /** Real instant from which on the simulated clock runs; until then it stands at `from`. */
  readonly realStart: EpochMs;
  /** Simulated milliseconds per real millisecond, > 0. */
  readonly speed: number;
}

/** `simulated = from + max(0, real − realStart) × speed` (rehearsals only; refused with a real carrier). */
export function scaledClock(setting: ScaledClockSetting, real: () => EpochMs = Date.now): Clock {
  return {
    now: () => Math.round(setting.from + Math.max(0, real() - setting.realStart) * setting.speed),
    toRealMs: (ms) => ms / setting.speed,
    speed: setting.speed,
  };
}

/** A clock that stands where it is put; for tests. */
export function fixedClock(start: EpochMs): Clock & { set(at: EpochMs): void; advance(ms: number): void } {
  let at = start;
  return {
    now: () => at,
    toRealMs: (ms) => ms,
    speed: 1,
    set: (value) => {
      at = value;
    },
    advance: (ms) => {
      at += ms;
    },
  };
}
