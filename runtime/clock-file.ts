import { z } from 'zod';
import { scaledClock, type Clock, type ScaledClockSetting } from '../domain/clock.ts';
import { epochMsSchema, type EpochMs } from '../domain/time.ts';
import { readJsonFile, writeJsonFile } from './servers/directory.ts';

/**
 * The scaled clock of a local run, kept in a file so that simulated time goes on where it stood after a stop or a
 * crash: it does not jump by the real time in between, and it never goes back.
 */
const clockStateSchema = z.object({
  /** Latest simulated instant that is known to have been read. */
  lastSimulated: epochMsSchema,
  /** When it was read, real. */
  lastReal: epochMsSchema,
  setting: z.object({ from: epochMsSchema, realStart: epochMsSchema, speed: z.number().positive() }),
});
export type ClockState = z.infer<typeof clockStateSchema>;

/** What an earlier run left; null when there was none, or when the file holds nothing usable. */
export async function readClockFile(path: string): Promise<ClockState | null> {
  const value = await readJsonFile(path);
  if (value === null) return null;
  const parsed = clockStateSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/**
 * The setting with which all processes start.
 * @param from simulated instant to start at
 * @param headStartMs real ms from now for which the clock stands at `from`: the time that processes take to come up,
 *   which at a thousandfold speed would otherwise be hours
 */
export function startSetting(
  from: EpochMs,
  speed: number,
  headStartMs: number,
  realNow: EpochMs = Date.now(),
): ScaledClockSetting {
  return { from: Math.round(from), realStart: Math.round(realNow + headStartMs), speed };
}

export interface RunningClock {
  readonly clock: Clock;
  readonly setting: ScaledClockSetting;
  /** Write a last time and stop writing. Again it does nothing: another clock may go on in the same file. */
  stop(): Promise<void>;
}

/**
 * Run the clock and write where it stands once a second.
 * @param onFault called when the file cannot be written (a full disk); the clock goes on
 */
export async function runClock(
  path: string,
  setting: ScaledClockSetting,
  onFault: (error: unknown) => void,
  everyMs = 1_000,
): Promise<RunningClock> {
  const clock = scaledClock(setting);
  const write = async () => {
    const state: ClockState = {
      lastSimulated: clock.now(),
      lastReal: Date.now(),
      setting,
    };
    await writeJsonFile(path, state);
  };
  await write();
  let writing: Promise<void> = Promise.resolve();
  let isStopped = false;
  const timer = setInterval(() => {
    writing = writing.then(write).catch(onFault);
  }, everyMs);
  return {
    clock,
    setting,
    stop: async () => {
      if (isStopped) return;
      isStopped = true;
      clearInterval(timer);
      await writing;
      await write().catch(onFault);
    },
  };
}
