import { spawn } from 'node:child_process';
import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { RightcallError } from '../../domain/failures.ts';
import { folderError } from './directory.ts';
import type { EndSignals } from './leftover.ts';
import { endLeftover, signalProcess, waitForEnd } from './leftover.ts';

const TETHER = fileURLToPath(new URL('../tether.mjs', import.meta.url));
/** A log past this size is set aside as `<file>.old` at the next start, so that a local run's logs stay bounded. */
const LOG_ROTATE_BYTES = 20 * 1024 * 1024;

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The user to run as, when this process is root and the command must not be. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Where the tether notes the real process, for the next start. */
  readonly pidFile: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  readonly signals: EndSignals;
  /** Sees each line of standard output on its way to the log file. */
  readonly onLine?: (line: string) => void;
}

export interface Tethered {
  /** The real process. */
  readonly pid: number;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  /** Ends it: the stop signal, then the hard one, then SIGKILL. */
  stop(): Promise<void>;
}

function openLog(path: string): number {
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LOG_ROTATE_BYTES) {
      renameSync(path, `${path}.old`);
    }
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw folderError(path, error);
  }
}

/** The tether's messages: first `{pid}` or `{error}`, later perhaps `{signal}`. */
async function* messages(stream: Readable): AsyncGenerator<Record<string, unknown>> {
  for await (const line of createInterface({ input: stream })) {
    try {
      yield JSON.parse(line) as Record<string, unknown>;
    } catch {
      // Half a line from a tether that was killed while writing.
    }
  }
}

/** Shows each line to `onLine` and writes it to the log; a full disk must not end the parent. */
function copyLines(stdout: Readable, log: number, onLine: ((line: string) => void) | undefined): void {
  const lines = createInterface({ input: stdout });
  lines.on('line', (line) => {
    onLine?.(line);
    try {
      writeSync(log, `${line}\n`);
    } catch {
      // The child's own log is the only thing lost; its state is in its readiness and its exit.
    }
  });
  lines.once('close', () => closeSync(log));
}

/**
 * Runs a command under a tether (runtime/tether.mjs), in a process group of its own: Ctrl-C in the
 * terminal does not reach it, and it ends when this process ends, however that happens.
 * @throws RightcallError `unavailable` when the command cannot be run at all
 */
export async function spawnTethered(command: Command): Promise<Tethered> {
  const { signals } = command;
  const log = openLog(command.logFile);
  const spec = {
    command: command.command,
    args: command.args,
    cwd: command.cwd,
    pidFile: command.pidFile,
    stopSignal: signals.stop,
    hardSignal: signals.hard,
    stopTimeoutMs: signals.stopTimeoutMs,
    ...command.owner,
  };
  const tether = spawn(process.execPath, ['--max-old-space-size=32', TETHER, JSON.stringify(spec)], {
    detached: true,
    env: command.env ?? process.env,
    stdio: ['pipe', command.onLine === undefined ? log : 'pipe', log, 'pipe'],
  });
  tether.stdin?.on('error', () => undefined);
  if (tether.stdout === null) closeSync(log);
  else copyLines(tether.stdout, log, command.onLine);

  let reportedSignal: string | null = null;
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    tether.once('error', reject);
    // Not 'close': when the tether alone was killed, its child still holds the pipes open.
    tether.once('exit', (code, signal) => resolve({ code, signal }));
  });
  let allRead: Promise<void> = Promise.resolve();
  const started = new Promise<number>((resolve, reject) => {
    const read = async () => {
      for await (const message of messages(tether.stdio[3] as Readable)) {
        if (typeof message['pid'] === 'number') resolve(message['pid']);
        if (typeof message['signal'] === 'string') reportedSignal = message['signal'];
        if (typeof message['error'] === 'string') {
          reject(new RightcallError('unavailable', `${command.command} cannot be run: ${message['error']}`));
        }
      }
      reject(new RightcallError('unavailable', `${command.command} ended before it had started`));
    };
    allRead = read().catch(reject);
  });
  const ended = exited.then(async ({ code, signal }) => {
    await allRead;
    // The tether itself was killed: what it held may still run, and nobody else would end it.
    if (signal !== null) await endLeftover(command.pidFile, signals);
    return { code: reportedSignal === null ? code : null, signal: signal ?? reportedSignal };
  });
  ended.catch(() => undefined);

  const pid = await started;
  return {
    pid,
    ended,
    stop: async () => {
      if (tether.pid !== undefined && tether.exitCode === null && tether.signalCode === null) {
        signalProcess(tether.pid, 'SIGTERM');
        if (!(await waitForEnd(tether.pid, signals.stopTimeoutMs + 5_000)))
          signalProcess(tether.pid, 'SIGKILL');
      }
      await ended;
    },
  };
}
