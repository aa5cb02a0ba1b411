import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A `rightcall` process as it is deployed: its standard output's first line, its log, its end. */
export interface EngineProcess {
  readonly child: ChildProcess;
  /** The line that it said it was ready by. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** What it logged until now. */
  log(): string;
  /** Its log's lines, parsed. */
  logLines(): Record<string, unknown>[];
  /** Tell it to stop and wait until it has. @returns its exit code */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Start `rightcall <verb>` with this environment and nothing of ours.
 * @throws when it ends before it says that it is ready, with what it said instead
 */
export async function startEngineProcess(
  verb: string | readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<EngineProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...[verb].flat()], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'UTC', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let logged = '';
  child.stderr.on('data', (chunk: Buffer) => (logged += chunk.toString()));
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const first = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const ready = await Promise.race([
    first.then(([line]) => JSON.parse(line) as Record<string, unknown>),
    ended.then(([code]) => {
      throw new Error(`rightcall ${[verb].flat()[0]!} ended with ${code}: ${logged}`);
    }),
  ]);
  return {
    child,
    ready,
    log: () => logged,
    logLines: () =>
      logged
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}
