// Before any schema is made: what it adds to zod's schemas, those that exist already do not get.
import '@hono/zod-openapi';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { format, resolveConfig } from 'prettier';
import { run as runAssign } from './assign.ts';
import { run as runEvaluate } from './evaluate.ts';
import { run as runExplain } from './explain.ts';
import { run as runProgress } from './progress.ts';
import { run as runGate } from './gate.ts';
import { run as runGateScaling, sizesUpTo } from './gate-scaling.ts';
import { run as runIdle } from './idle.ts';
import { run as runImport } from './import.ts';
import { run as runLifecycle } from './lifecycle.ts';
import { run as runLoad } from './load.ts';
import { run as runLists } from './lists.ts';
import { run as runFairness } from './fairness.ts';
import { run as runSoak } from './soak.ts';
import { run as runOverload } from './overload.ts';
import { run as runPreview } from './preview.ts';
import { run as runRecovery } from './recovery.ts';
import { run as runRules } from './rules.ts';
import { run as runTimeline } from './timeline.ts';
import { run as runVersus } from './versus.ts';
import { run as runWithdrawal } from './withdrawal.ts';
import { fillDatabase, type FilledDatabase } from './support/filled.ts';
import { thisMachine } from './support/machine.ts';
import { markdownOf } from './support/markdown.ts';
import { fromEvaluate, fromImport, fromSimulator } from './support/others.ts';
import { textOf, type BenchResult } from './support/result.ts';
import { startBenchServers, type BenchServers } from './support/servers.ts';

/**
 * npm run bench [-- name… --full --write]: every benchmark, or those named, on servers that it brings up itself.
 * Prints what was compared, on what, the median and the spread of several runs, and whether the design's target is met.
 */
const NAMES = [
  // First, for its memory is that of this process: what the others leave behind is not the import's.
  'import',
  'evaluate',
  'versus',
  'lifecycle',
  'load',
  'overload',
  'idle',
  'gate',
  'withdrawal',
  'explain',
  'progress',
  'timeline',
  'preview',
  // Changes contacts: after those that count on them as they were filled.
  'lists',
  'assign',
  'rules',
  'gate-scaling',
  'recovery',
  'fairness',
  'soak',
  'simulator',
] as const;
type Name = (typeof NAMES)[number];

/** Benchmarks that share one filled database, in an order in which none leaves anything to the next. */
const ON_FILLED: ReadonlySet<Name> = new Set([
  'idle',
  'gate',
  'withdrawal',
  'explain',
  'progress',
  'timeline',
  'preview',
  'lists',
]);
/** One needs a package that the project does not depend on; the others take minutes. */
const ON_REQUEST: ReadonlySet<Name> = new Set(['versus', 'gate-scaling', 'fairness', 'soak']);
const ON_SERVERS: ReadonlySet<Name> = new Set([
  ...ON_FILLED,
  'lifecycle',
  'import',
  'load',
  'overload',
  'assign',
  'rules',
  'gate-scaling',
  'recovery',
  'fairness',
  'soak',
]);

const BENCH = fileURLToPath(new URL('.', import.meta.url));

interface Options {
  readonly people: number;
  readonly attemptsEach: number;
  readonly contacts: number;
  readonly pairs: number;
  readonly decisions: number;
  readonly runs: number;
  readonly importRows: readonly number[];
  readonly full?: true;
  readonly write?: true;
  readonly profileDir?: string;
}

const FULL = { people: 1_000_000, importRows: [10_000, 100_000, 1_000_000] } as const;

function wholeNumber(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1');
  return Number(text);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function runOne(
  name: Name,
  options: Options,
  servers: BenchServers | null,
  filled: FilledDatabase | null,
): Promise<BenchResult> {
  const { runs } = options;
  const report = say;
  switch (name) {
    case 'evaluate':
      return fromEvaluate(runEvaluate(runs));
    case 'versus':
      return runVersus(Math.max(runs, 5));
    case 'import':
      return fromImport(
        await runImport({ adminUrl: servers!.postgres.adminUrl, sizes: options.importRows, runs, report }),
      );
    case 'simulator':
      return fromSimulator(await runSimulator());
    case 'recovery':
      return runRecovery({ servers: servers!, report, kills: 5 });
    case 'lifecycle':
      return runLifecycle({
        servers: servers!,
        report,
        contacts: options.contacts,
        pairs: options.pairs,
        ...(options.profileDir === undefined ? {} : { profileDir: options.profileDir }),
      });
    case 'load':
      return runLoad({ servers: servers!, report, contacts: 5_000, seconds: 30, runs });
    case 'overload':
      return runOverload({ servers: servers!, report, contacts: 2_000, seconds: 20, runs });
    case 'assign':
      return runAssign({ servers: servers!, report, agents: 500, calls: 2_000, runs });
    case 'rules':
      return runRules({ servers: servers!, report, rows: 100_000, runs });
    case 'fairness':
      return runFairness({ servers: servers!, report, waiting: options.people });
    case 'soak':
      return runSoak({ servers: servers!, report, minutes: 4 });
    case 'idle':
      return runIdle({ servers: servers!, filled: filled!, report, seconds: 20, runs: Math.min(runs, 2) });
    case 'gate':
      return runGate({ servers: servers!, filled: filled!, report, decisions: options.decisions, runs });
    case 'gate-scaling': {
      const { people, attemptsEach, decisions } = options;
      const sizes = sizesUpTo(people, decisions * (runs + 1));
      return runGateScaling({ servers: servers!, report, sizes, attemptsEach, decisions, runs });
    }
    case 'withdrawal':
      return runWithdrawal({
        servers: servers!,
        filled: filled!,
        report,
        withdrawals: 300,
        runs,
        ringing: 30,
      });
    case 'progress':
      return runProgress({ filled: filled!, report, runs });
    case 'explain':
      return runExplain({ filled: filled!, report, contacts: 200, runs });
    case 'timeline':
      return runTimeline({ filled: filled!, report, contacts: 50, runs });
    case 'preview':
      return runPreview({ filled: filled!, report, runs: Math.min(runs, 2) });
    case 'lists':
      return runLists({ filled: filled!, report, requests: 100, runs });
  }
}

async function runSimulator(): Promise<unknown> {
  const script = join(BENCH, 'simulator.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    import.meta.resolve('tsx'),
    script,
  ]);
  return JSON.parse(stdout) as unknown;
}

async function main(names: readonly Name[], options: Options): Promise<void> {
  const chosen = NAMES.filter((name) => (names.length === 0 ? !ON_REQUEST.has(name) : names.includes(name)));
  const results: BenchResult[] = [];
  let servers: BenchServers | null = null;
  let filled: FilledDatabase | null = null;
  try {
    for (const name of chosen) {
      if (ON_SERVERS.has(name)) servers ??= await startBenchServers();
      if (ON_FILLED.has(name)) {
        const { people, attemptsEach } = options;
        filled ??= await fillDatabase({ servers: servers!, people, attemptsEach, report: say });
      }
      const result = await runOne(name, options, servers, filled);
      results.push(result);
      say(`${textOf(result)}\n`);
    }
    if (options.write === true) {
      const versions = {
        postgres: servers?.postgres.version ?? null,
        temporal: servers?.temporal.version ?? null,
      };
      const path = join(BENCH, 'RESULTS.md');
      const text = markdownOf(results, thisMachine(), versions, new Date());
      await writeFile(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
      say(`written to ${path}`);
    }
  } finally {
    await servers?.stop();
  }
}

await new Command('bench')
  .description('measure the engine against the numbers of its design')
  .argument('[names...]', `some of ${NAMES.join(', ')}; all without`)
  .option('--full', 'the sizes of the design: 1M people, 10M past attempts, imports of 1M rows')
  .option('--people <n>', 'people and contacts in the filled database', wholeNumber, 100_000)
  .option('--attempts-each <n>', 'past attempts of each of them', wholeNumber, 10)
  .option('--contacts <n>', 'contacts a lifecycle round', wholeNumber, 150)
  .option('--pairs <n>', 'lifecycle rounds of each side', wholeNumber, 3)
  .option('--decisions <n>', 'gate decisions a run', wholeNumber, 2_000)
  .option('--runs <n>', 'runs of the others', wholeNumber, 3)
  .option(
    '--import-rows <n,n>',
    'sizes of imported files',
    (text: string) => text.split(',').map(wholeNumber),
    [10_000, 100_000],
  )
  .option('--profile-dir <dir>', 'write a CPU profile of the lifecycle worker into this folder')
  .option('--write', 'write bench/RESULTS.md')
  .action(async (names: string[], given: Options) => {
    const unknown = names.filter((name) => !(NAMES as readonly string[]).includes(name));
    if (unknown.length > 0) {
      throw new InvalidArgumentError(
        `there is no ${unknown.join(', ')}; expected some of ${NAMES.join(', ')}`,
      );
    }
    await main(names as Name[], given.full === true ? { ...given, ...FULL } : given);
  })
  .parseAsync();
