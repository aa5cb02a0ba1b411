import { readFileSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { superviseChild, type SupervisedChild } from '../../../runtime/servers/child.ts';
import type { ServerEvent } from '../../../runtime/servers/server.ts';
import { NO_ORDERS, sprungFileOf, type Orders, type Sprung } from '../entries/control.ts';

/** A start of the engine takes seconds on a quiet machine, and this one is not. */
const READY_TIMEOUT_MS = 180_000;
/** As an operator's process manager would: told to stop, then ended. */
const SIGNALS = { stop: 'SIGTERM', hard: 'SIGKILL', stopTimeoutMs: 20_000 } as const;

/** A process of the engine, with its orders. */
export interface Member {
  readonly name: string;
  readonly child: SupervisedChild;
  orders(change: Partial<Orders>): void;
  /** Traps that were sprung since this was asked last. */
  sprung(): Sprung[];
}

/**
 * Start a process of the fleet under supervision: killed, it is started again, as every process manager does.
 * @param entry file below `code`; @param args beside the orders' file
 */
export async function startMember(options: {
  readonly name: string;
  readonly code: string;
  readonly entry: string;
  readonly args?: readonly string[];
  readonly dir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly port?: number;
  /** An entry of this suite, which obeys orders; others take none. */
  readonly obeys: boolean;
  readonly onEvent: (event: ServerEvent) => void;
}): Promise<Member> {
  const { name, code, dir } = options;
  const ordersFile = join(dir, `${name}.orders.json`);
  let current: Orders = NO_ORDERS;
  const write = (): void => {
    const next = `${ordersFile}.next`;
    writeFileSync(next, JSON.stringify(current));
    renameSync(next, ordersFile);
  };
  write();
  let read = 0;
  const child = await superviseChild({
    name,
    command: process.execPath,
    args: [
      '--import',
      import.meta.resolve('tsx'),
      join(code, options.entry),
      ...(options.args ?? []),
      ...(options.obeys ? ['--orders', ordersFile] : []),
    ],
    cwd: code,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: 'UTC', ...options.environment },
    pidFile: join(dir, `${name}.pid.json`),
    logFile: join(dir, `${name}.log`),
    ...(options.port === undefined ? {} : { port: options.port }),
    restart: 'always',
    ready: { kind: 'line', timeoutMs: READY_TIMEOUT_MS },
    signals: SIGNALS,
    onEvent: options.onEvent,
  });
  return {
    name,
    child,
    orders: (change) => {
      current = { ...current, ...change };
      write();
    },
    sprung: () => {
      const lines = linesOf(sprungFileOf(ordersFile));
      const fresh = lines.slice(read).map((line) => JSON.parse(line) as Sprung);
      read = lines.length;
      return fresh;
    },
  };
}

/** Whole lines only. */
function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}
