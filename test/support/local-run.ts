import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readRequestLog, type DialLine } from '../../carriers/simulator/journal.ts';
import { isAlive } from '../../runtime/process-identity.mjs';
import { readJsonFile } from '../../runtime/servers/directory.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The processes of a local run beside the command itself, with the files that name their pids. */
export const PROCESSES = {
  worker: 'pids/worker.pid.json',
  api: 'pids/api.pid.json',
  simulator: 'pids/simulator.pid.json',
  Temporal: 'temporal/temporal.pid.json',
  PostgreSQL: 'postgres/postgres.pid.json',
} as const;
export type ProcessName = keyof typeof PROCESSES;

export interface StartedRun {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once `condition` holds. @throws with the run's output when it ended first, or after `timeoutMs` */
  until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs?: number): Promise<void>;
}

/** What `npm start` runs, on servers of its own whatever the environment of the tests names. @param options.env is added */
export function startRun(
  args: readonly string[],
  options: { stdin?: string; env?: NodeJS.ProcessEnv } = {},
): StartedRun {
  const env: NodeJS.ProcessEnv = { ...process.env, CI: 'true' };
  for (const name of Object.keys(env)) {
    if (/^(DATABASE_URL$|TEMPORAL_|RIGHTCALL_|VITEST|NODE_OPTIONS$)/.test(name)) delete env[name];
  }
  Object.assign(env, options.env);
  const child = spawn(process.execPath, ['runtime/setup.mjs', 'cli/main.ts', 'start', ...args], {
    cwd: ROOT,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let over = false;
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    kill: (signal) => child.kill(signal),
    until: async (what, condition, timeoutMs = 60_000) => {
      const giveUpAt = Date.now() + timeoutMs;
      for (;;) {
        if (await condition()) return;
        if (over) throw new Error(`the run ended before ${what}:\n${stderr}${stdout}`);
        if (Date.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${what}\n${stderr}${stdout}`);
        await delay(50);
      }
    },
  };
}

export async function pidOf(dir: string, name: ProcessName): Promise<number | null> {
  const pid = (await readJsonFile(join(dir, PROCESSES[name])))?.['pid'];
  return typeof pid === 'number' && isAlive(pid) ? pid : null;
}

/** What the simulated carrier was asked to dial, in order: the judge of a run. */
export async function dialLines(dir: string): Promise<DialLine[]> {
  const lines: DialLine[] = [];
  for await (const line of readRequestLog(join(dir, 'simulator', 'requests.jsonl'))) {
    if (line.kind === 'dial') lines.push(line);
  }
  return lines;
}

/** A data folder of one test. `remove` it only after its run has ended. */
export async function temporaryDir(): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'rightcall-run-'));
  return { dir, remove: () => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}
