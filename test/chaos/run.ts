import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../domain/failures.ts';
import { runChaos, type ChaosRun } from './chaos-run.ts';
import { ROOT } from './fleet/fleet.ts';
import { isUsageError, readOptions, type ChaosOptions } from './options.ts';
import { doneBy, pageOf, type Done } from './page.ts';

/**
 * npm run chaos: campaigns on real parts in processes of their own, while faults are put in from a seed. Ends with one
 * page, and with exit code 0 only when all became quiet again. 2: it could not be carried out.
 */
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  const runs: { done: Done; ok: boolean }[] = [];
  for (const seed of options.seeds) {
    const run = await oneRun(options, seed);
    runs.push(run);
    if (!options.json) process.stdout.write(`${pageOf(run.done)}\n\n`);
  }
  const bad = runs.filter(({ ok }) => !ok);
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: bad.length === 0, runs })}\n`);
  return bad.length === 0 ? 0 : 1;
}

async function oneRun(options: ChaosOptions, seed: number): Promise<{ done: Done; ok: boolean }> {
  const dir =
    options.out === null
      ? await mkdtemp(join(tmpdir(), 'rightcall-chaos-'))
      : join(options.out, `seed-${seed}`);
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
    },
    (finished: ChaosRun) => Promise.resolve({ ok: finished.unrest === null }),
  );
  const done = doneBy(run);
  if (verdict.ok && options.out === null) await rm(dir, { recursive: true, force: true });
  return { done, ok: verdict.ok };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!isUsageError(error)) say(`the chaos run could not be carried out: ${messageOf(error)}`);
  // Commander has said what is wrong; asking for help is no mistake.
  process.exitCode = isUsageError(error) && error.exitCode === 0 ? 0 : 2;
}
