import { appendFileSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { watchSteps } from '../../../domain/step-watch.ts';
import type { Step } from '../../../domain/steps.ts';

/**
 * What the suite tells a process of the fleet, by a file that the process reads again and again. The command line of the
 * chaos entries names it; those of the product know nothing of it.
 */
export interface Orders {
  /** Real ms by which this process's wall clock is wrong. */
  readonly clockOffsetMs: number;
  readonly traps: readonly Trap[];
}

/** What a process does to itself at a step. Each trap is sprung once, also over restarts. */
export interface Trap {
  readonly id: string;
  readonly step: Step;
  /** Times that the step is reached unharmed before. */
  readonly skip: number;
  /** `kill`: SIGKILL. `freeze`: SIGSTOP; whoever set the trap lets it go on. */
  readonly act: 'kill' | 'freeze';
}

/** A trap that was sprung: a line of the file beside the orders. */
export interface Sprung {
  readonly id: string;
  readonly step: Step;
  /** The attempt, contact or stop that the step was about. */
  readonly of: string;
  readonly act: Trap['act'];
  /** Real ms, by an honest clock. */
  readonly at: number;
  readonly pid: number;
}

export const NO_ORDERS: Orders = { clockOffsetMs: 0, traps: [] };
export const sprungFileOf = (orders: string): string => `${orders}.sprung`;

/** How often the orders are read, real ms. */
const READ_EVERY_MS = 100;

/** Obey the orders of the file that `--orders` names, from now on. Before anything else of the engine is loaded. */
export function obeyOrders(): void {
  const { values } = parseArgs({ options: { orders: { type: 'string' } } });
  const file = values.orders;
  if (file === undefined) throw new Error('--orders is missing; expected the file of orders of this process');
  const trueNow = Date.now;
  let orders = read(file);
  setInterval(() => (orders = read(file, orders)), READ_EVERY_MS).unref();
  shiftClock(() => orders.clockOffsetMs);

  const reached = new Map<string, number>();
  const spent = sprungBefore(file);
  watchSteps((step, of) => {
    for (const trap of orders.traps) {
      if (trap.step !== step || spent.has(trap.id)) continue;
      const times = reached.get(trap.id) ?? 0;
      reached.set(trap.id, times + 1);
      if (times < trap.skip) continue;
      spent.add(trap.id);
      const line: Sprung = { id: trap.id, step, of, act: trap.act, at: trueNow(), pid: process.pid };
      appendFileSync(sprungFileOf(file), `${JSON.stringify(line)}\n`);
      process.kill(process.pid, trap.act === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    }
    return undefined;
  });
}

function read(file: string, otherwise: Orders = NO_ORDERS): Orders {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Orders;
  } catch {
    // Not written yet.
    return otherwise;
  }
}

function sprungBefore(file: string): Set<string> {
  try {
    const lines = readFileSync(sprungFileOf(file), 'utf8').split('\n');
    return new Set(lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as Sprung).id));
  } catch {
    return new Set();
  }
}

/** Let this process's wall clock be wrong. Its monotonic clock, and so its timers, stay right, as on a real machine. */
function shiftClock(offsetMs: () => number): void {
  const TrueDate = Date;
  const trueNow = TrueDate.now.bind(TrueDate);
  const now = (): number => trueNow() + offsetMs();
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new TrueDate(now()).toString(),
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
}
