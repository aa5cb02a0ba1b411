import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../domain/failures.ts';

/** Where the loops say what people need to know. */
export interface ServiceLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Something that is done again and again, for every tenant, until told to stop. */
export interface Loop {
  /** Do it soon: there may be work. */
  nudge(): void;
  /** Resolves when the round under way has ended. */
  stop(): Promise<void>;
}

const BACKOFF_MAX_MS = 10_000;
/** Real ms between a nudge and the round it asks for: what comes in a burst is done in one round instead of many. */
const LINGER_MS = 40;

/**
 * Run `round` now, after every nudge, and at least every `intervalMs` (real). A round that fails (the database or
 * Temporal is away) is said once, tried again with growing pauses, and its recovery said too; it never ends the
 * process.
 * @param round returns true when it left work undone and wants to go on at once.
 */
export function startLoop(
  name: string,
  intervalMs: number,
  log: ServiceLog,
  round: (stopping: AbortSignal) => Promise<boolean>,
): Loop {
  const stopping = new AbortController();
  let wake: (() => void) | undefined;
  let nudged = false;
  let failures = 0;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      nudged = false;
      let more = false;
      try {
        more = await round(stopping.signal);
        if (failures > 0) log.info({ loop: name, failures }, `${name}: going on`);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1)
          log.warn({ loop: name, error: messageOf(error) }, `${name}: failed, trying again`);
        await pause(Math.min(BACKOFF_MAX_MS, 100 * 2 ** Math.min(failures, 10)));
        continue;
      }
      if (!more && !nudged) await pause(intervalMs, true);
      if (!more) await pause(LINGER_MS);
    }
  }

  async function pause(ms: number, wakeable = false): Promise<void> {
    const ended = new AbortController();
    if (wakeable) wake = () => ended.abort();
    const signal = AbortSignal.any([stopping.signal, ended.signal]);
    await delay(ms, undefined, { signal }).catch(() => undefined);
    wake = undefined;
  }

  const running = run();
  return {
    nudge: () => {
      nudged = true;
      wake?.();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
