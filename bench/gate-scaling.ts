import { openGateWorker, picker, runOnce, type GateRun } from './gate.ts';
import { fillDatabase, type FilledDatabase } from './support/filled.ts';
import { atLeast, measure, shown, type BenchResult, type Measure, type Report } from './support/result.ts';
import type { BenchServers } from './support/servers.ts';
import { median, percentile } from './support/stats.ts';

/**
 * How the gate scales: permits a second by how many connections one process has, and by how many rows there are. Each
 * database is made, measured and dropped in turn; at the largest every number of connections is tried.
 */
export interface GateScalingOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  /** People of each database, ascending; each has `attemptsEach` past attempts. */
  readonly sizes: readonly number[];
  readonly attemptsEach: number;
  readonly decisions: number;
  readonly runs: number;
}

const CONNECTIONS = [1, 2, 4, 8, 16, 32] as const;
/** What the design's number is measured with, and the sizes are compared at. */
const USUAL_CONNECTIONS = 8;
const TARGET_PER_S = 500;

/** A hundredth, a tenth, and all of them; those too small to take so many decisions about different people are left out. */
export function sizesUpTo(people: number, decisions: number): number[] {
  // Six of ten people may be called.
  return [people / 100, people / 10, people].filter((size) => size === people || size * 0.6 > decisions);
}

interface Cell {
  readonly size: string;
  readonly connections: number;
  readonly runs: readonly GateRun[];
}

export async function run(options: GateScalingOptions): Promise<BenchResult> {
  const cells: Cell[] = [];
  const largest = Math.max(...options.sizes);
  for (const people of options.sizes) {
    const filled = await fillDatabase({ ...options, people });
    try {
      cells.push(
        ...(await tryDatabase(options, filled, people === largest ? CONNECTIONS : [USUAL_CONNECTIONS])),
      );
    } finally {
      await filled.drop();
    }
  }
  return {
    name: 'gate-scaling',
    compared: 'Transaction A as in `gate`, allowed; by connections of one process, and by rows',
    on: `databases of ${options.sizes.map((people) => `${people.toLocaleString('en-US')} people`).join(', ')}, ${options.attemptsEach} past attempts each; ${options.decisions} decisions a run, connections in turns`,
    measures: cells.flatMap(measuresOf),
    notes: cells.map(({ size, connections, runs }) => {
      const cpu = (name: string) =>
        shown(median(runs.map((r) => ((r.cpu[name] ?? 0) * 1_000) / options.decisions)));
      return `${size}, ${connections} connections: CPU ms a decision, node ${cpu('node')}, postgres ${cpu('postgres')}`;
    }),
  };
}

/** The connections in turns, run by run, so that a machine that is slow for a while is slow for all of them. */
async function tryDatabase(
  options: GateScalingOptions,
  filled: FilledDatabase,
  counts: readonly number[],
): Promise<Cell[]> {
  const picks = picker(filled.people);
  const workers = await Promise.all(counts.map((connections) => openGateWorker(filled, connections)));
  const runs = new Map<number, GateRun[]>(counts.map((connections) => [connections, []]));
  try {
    for (const worker of workers) {
      await runOnce({ ...options, filled }, worker, picks('allow', Math.min(options.decisions, 300)));
    }
    for (let i = 1; i <= options.runs; i++) {
      for (const worker of workers) {
        const done = await runOnce({ ...options, filled }, worker, picks('allow', options.decisions));
        runs.get(worker.connections)!.push(done);
        options.report(
          `  gate-scaling, ${filled.people} people, ${worker.connections} connections, run ${i}: ${shown(done.perS)}/s`,
        );
      }
    }
  } finally {
    for (const worker of workers) await worker.db.close();
  }
  const size = `${filled.people.toLocaleString('en-US')} people, ${(filled.people * filled.attemptsEach).toLocaleString('en-US')} attempts`;
  return counts.map((connections) => ({ size, connections, runs: runs.get(connections)! }));
}

function measuresOf({ size, connections, runs }: Cell): Measure[] {
  const name = `${size}, ${connections} connections`;
  const perS = runs.map((r) => r.perS);
  return [
    connections === USUAL_CONNECTIONS
      ? measure(name, 'decisions/s', perS, atLeast(TARGET_PER_S))
      : measure(name, 'decisions/s', perS),
    measure(
      `${name}, p99`,
      'ms',
      runs.map((r) => percentile(r.latenciesMs, 0.99)),
    ),
  ];
}
