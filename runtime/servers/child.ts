import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import { folderError } from './directory.ts';
import type { EndSignals } from './leftover.ts';
import { endLeftover } from './leftover.ts';
import type { ChildEnd, RunningServer, ServerEvent, ServerEventKind } from './server.ts';
import type { Command, Tethered } from './tethered.ts';
import { spawnTethered } from './tethered.ts';

const PROBE_EVERY_MS = 40;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 10_000;
/** A child that stayed up this long has recovered: its next crash is restarted at once again. */
const STEADY_MS = 30_000;
const LOG_TAIL_BYTES = 1_500;

/** How a child says that it is ready: a JSON object with `ready: true` as a line of its standard output, or an answer to a probe. */
export type Readiness =
  | { readonly kind: 'line'; readonly timeoutMs: number }
  | { readonly kind: 'probe'; readonly timeoutMs: number; readonly probe: () => Promise<boolean> };

export interface ChildOptions {
  /** For people. @example 'worker' */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[] | (() => readonly string[]);
  /** The whole environment of the child. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly pidFile: string;
  readonly logFile: string;
  /** TCP port it listens on, if that is known beforehand. */
  readonly port?: number;
  readonly restart: 'always' | 'never';
  readonly ready: Readiness;
  /** @default SIGTERM, 10 s, then SIGKILL */
  readonly signals?: EndSignals;
  /** Runs before each start, after a leftover of an earlier run has been ended. */
  readonly beforeStart?: () => Promise<void>;
  /** Starts to try before `superviseChild` gives up. @default 1 */
  readonly startAttempts?: number;
  readonly onEvent?: (event: ServerEvent) => void;
}

export interface SupervisedChild extends RunningServer {
  /** The JSON object of the latest readiness line; empty with a probe. */
  readyMessage(): Readonly<Record<string, unknown>>;
}

const DEFAULT_SIGNALS: EndSignals = { stop: 'SIGTERM', hard: 'SIGKILL', stopTimeoutMs: 10_000 };

function describeEnd(end: { code: number | null; signal: string | null }): string {
  return end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
}

async function logTail(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, LOG_TAIL_BYTES);
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8').trim().split('\n').slice(-8).join('\n');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

function readyLine(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    return value['ready'] === true ? value : null;
  } catch {
    return null;
  }
}

/** One start of a child up to its readiness. */
async function startOnce(
  options: ChildOptions,
  signals: EndSignals,
  stopped: AbortSignal,
): Promise<{ child: Tethered; message: Record<string, unknown> }> {
  let onReady: (message: Record<string, unknown>) => void = () => undefined;
  const line = new Promise<Record<string, unknown>>((resolve) => {
    onReady = resolve;
  });
  const command: Command = {
    command: options.command,
    args: typeof options.args === 'function' ? options.args() : options.args,
    pidFile: options.pidFile,
    logFile: options.logFile,
    signals,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.owner === undefined ? {} : { owner: options.owner }),
    ...(options.ready.kind === 'probe'
      ? {}
      : {
          onLine: (text: string) => {
            const message = readyLine(text);
            if (message !== null) onReady(message);
          },
        }),
  };
  const child = await spawnTethered(command);
  const giveUp = new AbortController();
  try {
    const message = await Promise.race([
      options.ready.kind === 'line' ? line : answered(options.ready.probe, giveUp.signal),
      child.ended.then((end) => {
        throw new Error(`it ended with ${describeEnd(end)}`);
      }),
      whenAborted(stopped, giveUp.signal).then(() => {
        throw new Error('it was stopped while it started');
      }),
      delay(options.ready.timeoutMs, undefined, { signal: giveUp.signal, ref: false }).then(() => {
        throw new Error(`it was not ready within ${options.ready.timeoutMs} ms`);
      }),
    ]);
    return { child, message };
  } catch (error) {
    await child.stop();
    const tail = await logTail(options.logFile);
    const where = tail === '' ? `see ${options.logFile}` : `the end of ${options.logFile}:\n${tail}`;
    throw new RightcallError('unavailable', `${options.name} did not start: ${messageOf(error)}; ${where}`, {
      cause: error,
    });
  } finally {
    giveUp.abort();
  }
}

/** Resolves when `signal` aborts; never when `over` does first. */
async function whenAborted(signal: AbortSignal, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: over });
  });
}

async function answered(
  probe: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  while (!signal.aborted) {
    if (await probe()) return {};
    await delay(PROBE_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return {};
}

/**
 * Starts a child process under a tether, waits until it is ready, and with `restart: 'always'` starts it
 * again after every crash, with a growing pause (0.2 s to 10 s). It never outlives this process.
 * @throws RightcallError `unavailable` with the end of the child's log when it cannot be started
 */
export async function superviseChild(options: ChildOptions): Promise<SupervisedChild> {
  const signals = options.signals ?? DEFAULT_SIGNALS;
  const listeners: ((end: ChildEnd) => void)[] = [];
  const stopped = new AbortController();
  let current: Tethered | null = null;
  let message: Record<string, unknown> = {};
  let stopping: Promise<void> | null = null;

  const say = (kind: ServerEventKind, text: string) =>
    options.onEvent?.({
      name: options.name,
      kind,
      text: `${options.name} ${text}`,
      pid: current?.pid ?? null,
    });

  const start = async () => {
    const leftover = await endLeftover(options.pidFile, signals);
    if (leftover.result === 'ended') {
      say('leftover_ended', `of an earlier run was still there (pid ${leftover.pid}) and was ended`);
    } else if (leftover.result === 'stuck') {
      throw new RightcallError(
        'conflict',
        `${options.name} of an earlier run (pid ${leftover.pid}) cannot be ended; end it by hand`,
      );
    }
    await options.beforeStart?.();
    say('starting', 'is starting');
    const started = await startOnce(options, signals, stopped.signal);
    current = started.child;
    message = started.message;
    say('ready', `is ready (pid ${current.pid})`);
    watch(current, Date.now());
  };

  const watch = (child: Tethered, sinceMs: number) => {
    void child.ended
      .catch((error: unknown) => ({ code: null, signal: messageOf(error) }))
      .then((end) => {
        current = null;
        if (stopped.signal.aborted) return;
        const willRestart = options.restart === 'always';
        say('exited', `ended unexpectedly (${describeEnd(end)})${willRestart ? '; it is restarted' : ''}`);
        for (const listener of listeners) listener({ ...end, willRestart });
        if (willRestart) restarting = restart(Date.now() - sinceMs > STEADY_MS ? 0 : FIRST_BACKOFF_MS);
      });
  };

  let restarting: Promise<void> = Promise.resolve();
  const restart = async (firstPauseMs: number) => {
    for (let pauseMs = firstPauseMs; !stopped.signal.aborted;) {
      await delay(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      try {
        await start();
        return;
      } catch (error) {
        pauseMs = Math.min(Math.max(pauseMs * 2, FIRST_BACKOFF_MS), MAX_BACKOFF_MS);
        say('restarting', `could not be restarted, next try in ${pauseMs} ms: ${messageOf(error)}`);
      }
    }
  };

  try {
    await mkdir(dirname(options.pidFile), { recursive: true });
    await mkdir(dirname(options.logFile), { recursive: true });
  } catch (error) {
    throw folderError(dirname(options.pidFile), error);
  }
  const attempts = options.startAttempts ?? 1;
  for (let n = 1; ; n++) {
    try {
      await start();
      break;
    } catch (error) {
      if (n >= attempts) throw error;
      say('restarting', `did not start, trying again (${n + 1} of ${attempts}): ${messageOf(error)}`);
      await delay(FIRST_BACKOFF_MS * n);
    }
  }

  const stop = async () => {
    say('stopping', 'is stopping');
    stopped.abort();
    await restarting;
    await current?.stop();
    current = null;
    say('stopped', 'has stopped');
  };
  return {
    name: options.name,
    port: options.port ?? null,
    pid: () => current?.pid ?? null,
    readyMessage: () => message,
    onExit: (listener) => listeners.push(listener),
    stop: () => (stopping ??= stop()),
  };
}
