import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate } from '../../db/migrate.ts';
import { startPostgres } from '../../runtime/servers/postgres.ts';
import { BROKEN } from './broken.ts';
import { playMany, untilViolated } from './many.ts';
import { createSummary } from './summary.ts';

/**
 * npm run interleavings [-- --count 10000 --seed 1 --lanes 4]: the gate and everyone who may get in its way, by turns
 * drawn from seeds, on a PostgreSQL of its own (docs/model.md). `--seed 77 --count 1` shows the one interleaving;
 * `--broken` plays the code with each guard taken away in turn, up to `--count` interleavings or the first violation.
 */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`--${name} is ${value}; expected a whole number from 1 on`);
  return number;
}

interface Many {
  readonly seed: number;
  readonly count: number;
  readonly lanes: number;
}

async function asItIs(url: string, many: Many): Promise<number> {
  const summary = createSummary();
  await playMany(url, {
    ...many,
    onPlayed: (played) => {
      summary.add(played);
      if (many.count === 1) for (const step of played.schedule) say(`  ${step}`);
      if (summary.played % 500 === 0)
        say(`${summary.played} interleavings, ${summary.violated} with a violation`);
      for (const violation of played.violations) say(`seed ${played.seed}: ${violation}`);
      if (played.violations.length > 0 && many.count > 1)
        say(`  the schedule: npm run interleavings -- --count 1 --seed ${played.seed}`);
      return true;
    },
  });
  for (const line of summary.lines(many.seed)) say(line);
  return summary.violated === 0 ? 0 : 1;
}

async function eachBroken(url: string, many: Many): Promise<number> {
  let missed = 0;
  for (const broken of BROKEN) {
    const { played, violation } = await untilViolated(url, many, broken);
    if (violation === null) missed += 1;
    say(`without ${broken.guard}: ${violation ?? 'NOT CAUGHT'} (after ${played} interleavings)`);
  }
  return missed === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      broken: { type: 'boolean', default: false },
      lanes: { type: 'string', default: '4' },
    },
  });
  const [count, seed, lanes] = [
    positive('count', values.count),
    positive('seed', values.seed),
    positive('lanes', values.lanes),
  ];
  const dataDir = await mkdtemp(join(tmpdir(), 'rightcall-interleavings-'));
  // Root's PostgreSQL runs as another user, who has to enter.
  await chmod(dataDir, 0o755);
  const server = await startPostgres({ dataDir, durable: false });
  try {
    await migrate(server.url);
    const many = { seed, count, lanes: Math.min(lanes, count) };
    return values.broken ? await eachBroken(server.url, many) : await asItIs(server.url, many);
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

process.exitCode = await main();
