import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLineOf, identityOf, isAlive } from '../process-identity.mjs';
import { errnoOf, readJsonFile } from './directory.ts';

const POLL_MS = 20;
/** How long a process may take to vanish after SIGKILL before we call it stuck. */
const KILL_GRACE_MS = 3_000;

export interface EndSignals {
  /** Asks for an orderly end. */
  readonly stop: NodeJS.Signals;
  /** Asks once more, without patience, after `stopTimeoutMs`; SIGKILL follows. */
  readonly hard: NodeJS.Signals;
  readonly stopTimeoutMs: number;
}

export const LEFTOVER_RESULTS = ['none', 'ended', 'not_ours', 'stuck'] as const;
export type LeftoverResult = (typeof LEFTOVER_RESULTS)[number];

/** Sends a signal; a process that has just ended is no error. @returns false when it is gone or not ours */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ESRCH' || errnoOf(error) === 'EPERM') return false;
    throw error;
  }
}

/** Waits until the pid is gone. @returns false when it still runs after `timeoutMs` */
export async function waitForEnd(pid: number, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() >= until) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Ends a process that is known to be ours: in order, then hard, then by SIGKILL. */
export async function endProcess(pid: number, signals: EndSignals): Promise<'ended' | 'stuck'> {
  signalProcess(pid, signals.stop);
  if (await waitForEnd(pid, signals.stopTimeoutMs)) return 'ended';
  signalProcess(pid, signals.hard);
  if (await waitForEnd(pid, KILL_GRACE_MS)) return 'ended';
  signalProcess(pid, 'SIGKILL');
  return (await waitForEnd(pid, KILL_GRACE_MS)) ? 'ended' : 'stuck';
}

/**
 * Ends the process that an earlier run left behind, found by the pid file its tether wrote. It is ended
 * only when its start time (or, where none can be read, its command line) proves that it is that process.
 */
export async function endLeftover(
  pidFile: string,
  signals: EndSignals,
): Promise<{ result: LeftoverResult; pid: number | null }> {
  const entry = await readJsonFile(pidFile);
  const pid = entry?.['pid'];
  if (entry === null || typeof pid !== 'number') return { result: 'none', pid: null };
  if (!isAlive(pid)) {
    await rm(pidFile, { force: true });
    return { result: 'none', pid };
  }
  const identity = entry['identity'];
  const command = entry['command'];
  const proven =
    typeof identity === 'string'
      ? identityOf(pid) === identity
      : typeof command === 'string' && (commandLineOf(pid)?.startsWith(command) ?? false);
  if (!proven) {
    await rm(pidFile, { force: true });
    return { result: 'not_ours', pid };
  }
  const result = await endProcess(pid, signals);
  if (result === 'ended') await rm(pidFile, { force: true });
  return { result, pid };
}
