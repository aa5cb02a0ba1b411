import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../domain/failures.ts';
import type { BrokenBuild } from './broken/builds.ts';
import { catchBuild, notRun, tableOf, type Caught } from './broken/run.ts';
import { runChaos } from './chaos-run.ts';
import { prepareDeploy } from './deploy.ts';
import { ROOT } from './fleet/fleet.ts';
import { formatVerdict, judge, type Verdict } from './judge/index.ts';
import { isUsageError, readOptions, type ChaosOptions } from './options.ts';
import { doneBy, pageOf, type Done } from './page.ts';

/**
 * npm run chaos: campaigns on real parts in processes of their own, while faults are put in from a seed; then a judge that
 * reads what the carrier, the clients and the database have. Ends with one page, and with exit code 0 only where it found
 * nothing. 2: it could not be carried out.
 */
const say = (text: string): void => void process.stderr.write(`${text}\n`);

class Interrupted extends Error {}
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => reject(new Interrupted(`ended by ${signal}`)));
});
interrupted.catch(() => undefined);

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options.broken !== null) return catchAll(options.broken, options);
  const runs: Judged[] = [];
  for (const seed of options.seeds) {
    const run = await oneRun(options, seed);
    runs.push(run);
    if (!options.json) process.stdout.write(`${pageOf(run.done)}\n\n${formatVerdict(run.verdict)}\n\n`);
  }
  const bad = runs.filter(({ verdict }) => !verdict.ok);
  const seeds = bad.map(({ done }) => `${done.seed} (${done.evidenceDir})`).join(', ');
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: bad.length === 0, runs })}\n`);
  else if (bad.length === 0) process.stdout.write(`${runs.length} of ${runs.length} runs clean\n`);
  else process.stdout.write(`${bad.length} of ${runs.length} runs with violations: seeds ${seeds}\n`);
  return bad.length === 0 ? 0 : 1;
}

/** Exit code 0 only where the judge named the guarantee that each build breaks. */
async function catchAll(builds: readonly BrokenBuild[], options: ChaosOptions): Promise<number> {
  const rows: Caught[] = [];
  for (const build of builds) {
    say(`${build.name}: ${build.what}`);
    rows.push(
      await catchBuild(build, options.seed, options.out, { say, interrupted }).catch((error: unknown) => {
        if (error instanceof Interrupted) throw error;
        return notRun(build, messageOf(error));
      }),
    );
    if (!options.json) say(tableOf(rows.slice(-1)));
  }
  process.stdout.write(options.json ? `${JSON.stringify({ rows })}\n` : `${tableOf(rows)}\n`);
  return rows.every(({ caught }) => caught) ? 0 : 1;
}

interface Judged {
  readonly done: Done;
  readonly verdict: Verdict;
}

async function oneRun(options: ChaosOptions, seed: number): Promise<Judged> {
  const dir =
    options.out === null
      ? await mkdtemp(join(tmpdir(), 'rightcall-chaos-'))
      : join(options.out, `seed-${seed}`);
  const deploy = options.deploy ? await prepareDeploy(dir) : null;
  if (typeof deploy === 'string') throw new Error(`left out: deploy: ${deploy}`);
  const { run, verdict } = await runChaos(
    {
      seed,
      lengthMs: options.lengthMs,
      kinds: options.kinds,
      contacts: options.contacts,
      code: options.code ?? ROOT,
      build: options.code ?? 'this',
      dir,
      say,
      deploy,
      interrupted,
    },
    ({ evidenceDir }) => judge(evidenceDir),
  );
  const done = doneBy(run);
  if (verdict.ok && options.out === null) await rm(dir, { recursive: true, force: true });
  return { done, verdict };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!isUsageError(error)) say(`the chaos run could not be carried out: ${messageOf(error)}`);
  // Commander has said what is wrong; asking for help is no mistake.
  process.exitCode = isUsageError(error) && error.exitCode === 0 ? 0 : 2;
  // Clients and faults of the run that was given up would go on for their time.
  if (error instanceof Interrupted) process.exit();
}
