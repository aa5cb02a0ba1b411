import { inSnapshot } from '../db/snapshot.ts';
import { openDatabase, type Database, type Tx } from '../db/client.ts';
import { campaignProgress } from '../db/repositories/progress.ts';
import { fixedClock } from '../domain/clock.ts';
import { DRY_RUN_EXACT_MAX, dryRun } from '../gate/dry-run.ts';
import { createPolicyReader } from '../gate/policy-source.ts';
import { whyWaiting } from '../gate/why.ts';
import { ALL_OPEN, type FilledDatabase } from './support/filled.ts';
import { measure, type BenchResult, type Report } from './support/result.ts';

/**
 * What it takes to say how a large campaign stands: its progress, as a live stream's poller reads it, why its contacts
 * wait, and a dry run of as many contacts as it asks the rules about. Every contact of the database waits in one campaign.
 */
export interface ProgressOptions {
  readonly filled: FilledDatabase;
  readonly report: Report;
  readonly runs: number;
}

/** The fill has no keys, and its campaign no rules that would ask for any. */
const NO_KEYS = { sealersOf: () => Promise.resolve(new Map<string, never>()) };

export async function run(options: ProgressOptions): Promise<BenchResult> {
  const { filled, report, runs } = options;
  const db = await openDatabase(filled.url, { maxConnections: 2, applicationName: 'rightcall-bench' });
  const clock = fixedClock(ALL_OPEN);
  const deps = { clock, policies: createPolicyReader(), vault: NO_KEYS };
  try {
    const progress = await timed(runs, () =>
      db.single(filled.tenantId, (tx) => campaignProgress(tx, filled.campaignId)),
    );
    report(`  progress: ${progress.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    const why = await timed(runs, () =>
      snapshot(db, filled, (tx) => whyWaiting(tx, deps, filled.campaignId)),
    );
    report(`  why: ${why.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    const dry = await timed(runs, () =>
      snapshot(db, filled, (tx) => dryRun(tx, deps, filled.campaignId, ALL_OPEN, DRY_RUN_EXACT_MAX)),
    );
    report(`  dry run: ${dry.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    return {
      name: 'progress',
      compared: 'one reading of a campaign with every contact waiting, by the functions that the API calls',
      on: filled.size,
      measures: [
        measure('progress', 'ms', progress),
        measure('why', 'ms', why),
        measure(`dry run of ${DRY_RUN_EXACT_MAX} contacts`, 'ms', dry),
      ],
      notes: [
        'A stream polls no more often than keeps this within 5 % of the time (api/live/feed.ts); `why` is kept for ten times its cost.',
      ],
    };
  } finally {
    await db.close();
  }
}

function snapshot<T>(db: Database, filled: FilledDatabase, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.inTenant(filled.tenantId, async (tx) => {
    await inSnapshot(tx);
    return work(tx);
  });
}

/** Real ms of each run, after one that is not counted. */
async function timed(runs: number, work: () => Promise<unknown>): Promise<number[]> {
  await work();
  const all: number[] = [];
  for (let n = 0; n < runs; n++) {
    const since = performance.now();
    await work();
    all.push(performance.now() - since);
  }
  return all;
}
