import { z } from 'zod';
import type { EvaluateBench } from '../evaluate.ts';
import type { ImportBenchRun } from '../import.ts';
import { atLeast, below, measure, type BenchResult, type Measure } from './result.ts';

/** The results of benchmarks with a shape of their own, in the common one. */

export function fromEvaluate(result: EvaluateBench): BenchResult {
  const { allow, defer, deny } = result.verdicts;
  return {
    name: 'evaluate',
    compared: 'pure evaluations of every bundled pack, a second of processor time',
    on: `people in China and twelve US states, two consents and five earlier attempts each; allow ${allow}, defer ${defer}, deny ${deny}; ${result.resultsEach} rule results each`,
    measures: [measure('evaluations', '/CPU s', result.runs, atLeast(result.target))],
    notes: [],
  };
}

const ROWS_PER_S = 20_000;
const MEMORY_MB = 350;

export function fromImport(runs: readonly ImportBenchRun[]): BenchResult {
  const groups = new Map<string, ImportBenchRun[]>();
  for (const run of runs) {
    const name = `${run.format}, ${run.rows.toLocaleString('en-US')} rows`;
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  const measures: Measure[] = [];
  for (const [name, of] of groups) {
    const each = (value: (run: ImportBenchRun) => number) => of.map(value);
    measures.push(
      measure(
        name,
        'rows/s',
        each((run) => run.rowsPerS),
        atLeast(ROWS_PER_S),
      ),
      measure(
        `${name}, memory`,
        'MB',
        each((run) => run.peakRssMb),
        below(MEMORY_MB),
      ),
      measure(
        `${name}, CPU of node and PostgreSQL`,
        'µs/row',
        each((run) => ((run.nodeCpuS + (run.postgresCpuS ?? 0)) * 1e6) / run.rows),
      ),
    );
  }
  return {
    name: 'import',
    compared: 'files of contacts, parsed, normalised, deduplicated, sealed and stored',
    on: 'durable commits; ten attributes a row, three in four with a consent, two in a hundred repeated',
    measures,
    notes: [],
  };
}

const simulatorSchema = z.object({
  dials: z.number(),
  dialsPerS: z.number(),
  latencyMs: z.object({ p50: z.number(), p99: z.number() }),
  allEndedAfterS: z.number(),
});

/** @throws when bench/simulator.ts says something else */
export function fromSimulator(output: unknown): BenchResult {
  const { dials, dialsPerS, latencyMs, allEndedAfterS } = simulatorSchema.parse(output);
  return {
    name: 'simulator',
    compared: 'dials that one simulator process takes, so that it is known not to be what limits the engine',
    on: `${dials} dials, with its log and its signed, batched webhooks`,
    measures: [
      measure('dials', '/s', [dialsPerS]),
      measure('answer, p99', 'ms', [latencyMs.p99]),
      measure('until every end was delivered', 's', [allEndedAfterS]),
    ],
    notes: [],
  };
}
