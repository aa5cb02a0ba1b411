import { hash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import canonicalizeModule from 'canonicalize';
import type { Database, Tx } from '../db/client.ts';
import type { Clock } from '../domain/clock.ts';
import { messageOf, RightcallError } from '../domain/failures.ts';
import { isDatabaseAway, isWorthRepeating } from './database-faults.ts';
import { NumberTakenMeanwhile } from './contact-statements.ts';
import type { Issue } from './issues.ts';
import type { ReadingPlan } from './plan.ts';
import { LOOK_UPS_BY_INDEX } from './planner.ts';
import {
  advanceImport,
  finishImport,
  insertIssues,
  openImport,
  type ImportIdentity,
  type ImportStatus,
} from './repository.ts';
import type { BrokenRow, Row } from './rows.ts';
import { textOf, type OpenSource } from './source.ts';

export interface ImportProgress {
  readonly phase: 'importing' | 'waiting_for_database' | 'waiting_for_other_import';
  readonly importId: string | null;
  readonly rowsDone: number;
  readonly counts: Readonly<Record<string, number>>;
  /** In words, where there is something to say. */
  readonly message: string | null;
}

export interface ImportResult<C> {
  readonly importId: string;
  /** The same content was imported for the same target before: these are the counts of then, and nothing changed. */
  readonly alreadyImported: boolean;
  /** Rows that an earlier, interrupted run had stored; this one went on after them. */
  readonly resumedAfterRows: number;
  readonly counts: C;
  readonly detected: ReadingPlan['detected'];
}

export type Counts = Record<string, number>;

/** What differs between the kinds of import. */
export interface ImportJob<B> {
  readonly db: Database;
  readonly clock: Clock;
  readonly tenantId: string;
  readonly source: OpenSource;
  readonly bytesHash: string;
  readonly plan: ReadingPlan;
  readonly identity: Omit<ImportIdentity, 'contentHash'>;
  /** Options that change what the file means; part of its identity. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly importedBy: string;
  /** Data rows to take at the most. */
  readonly limit: number | null;
  readonly batchRows: number;
  /** Real ms to wait for a database that went away, before giving up; the import can then be run again. */
  readonly databaseWaitMs: number;
  readonly zeroCounts: Counts;
  readonly onProgress: ((progress: ImportProgress) => void) | undefined;
  /** Without a transaction, while the batch before is stored. */
  prepare(rows: readonly (Row | BrokenRow)[]): Promise<B>;
  /** In the transaction that also moves `rows_done`. May be called again with the same batch. */
  store(tx: Tx, batch: B, importId: string): Promise<{ counts: Counts; issues: readonly Issue[] }>;
  /** The batch is stored or given up. */
  release(batch: B): void;
}

// The package is CommonJS and its typings describe an ES default export, which Node does not see.
const canonicalize = canonicalizeModule as unknown as (input: unknown) => string;

/** SHA-256 (hex) over the file's bytes and the options that change its meaning, in whatever order they were given. */
export function contentHashOf(bytesHash: string, options: Readonly<Record<string, unknown>>): string {
  return hash('sha256', canonicalize({ bytes: bytesHash, options }));
}

/**
 * Run an import to its end, from wherever an earlier run of it was interrupted. Batches are stored one transaction
 * each, together with how far the import has come, so it can be killed at any instant.
 */
export async function runImport<B>(job: ImportJob<B>): Promise<ImportResult<Counts>> {
  const run = { importId: null as string | null, rowsDone: 0, counts: { ...job.zeroCounts } };
  const identity: ImportIdentity = {
    ...job.identity,
    contentHash: contentHashOf(job.bytesHash, job.options),
  };
  const say = (phase: ImportProgress['phase'], message: string | null) =>
    job.onProgress?.({ phase, message, importId: run.importId, rowsDone: run.rowsDone, counts: run.counts });

  let result: ImportResult<Counts> | null = null;
  let awaySince: number | null = null;
  let rowsWhenAway = 0;
  for (let failures = 0; ;) {
    try {
      return await alone(job, identity, say, async () => (result = await pass(job, identity, run, say)));
    } catch (error) {
      // Only the lock was lost, and it was needed no more.
      if (result !== null) return result;
      if (!isDatabaseAway(error)) throw await asFault(job, run, error);
      // Progress since the last loss: a new loss, with patience of its own.
      if (awaySince === null || run.rowsDone > rowsWhenAway) {
        awaySince = performance.now();
        rowsWhenAway = run.rowsDone;
        failures = 0;
      }
      if (performance.now() - awaySince > job.databaseWaitMs) throw await asFault(job, run, error);
      const waitMs = Math.min(100 * 2 ** failures, 5_000);
      failures += 1;
      say(
        'waiting_for_database',
        `the database connection was lost (${messageOf(error)}); going on after row ${run.rowsDone} as soon as it is back`,
      );
      await delay(waitMs);
    }
  }
}

/** What people are told, and whether the import can be taken up again by running it again. */
async function asFault<B>(
  job: ImportJob<B>,
  run: { importId: string | null; rowsDone: number },
  error: unknown,
): Promise<unknown> {
  if (run.importId === null) return error;
  const { importId } = run;
  if (error instanceof RightcallError && error.code === 'invalid_input') {
    // The file itself is at fault: running it again would end the same way.
    await job.db.inTenant(job.tenantId, (tx) =>
      finishImport(tx, importId, { status: 'failed', error: error.message }),
    );
    return error;
  }
  return new RightcallError(
    'unavailable',
    `the import stopped after row ${run.rowsDone} and can be resumed: run it again with the same file and options (${messageOf(error)})`,
    { cause: error },
  );
}

/**
 * Imports for one target take turns: the lock is held by a transaction of its own and goes with its connection, so
 * that a killed process leaves none behind.
 */
async function alone<T, B>(
  job: ImportJob<B>,
  identity: ImportIdentity,
  say: (phase: ImportProgress['phase'], message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const target = `rightcall:import:${job.tenantId}:${identity.kind}:${identity.campaignId ?? ''}`;
  return inQuietTenant(job, async (tx) => {
    for (let waited = false; ; waited = true) {
      const rows = await tx.query<{ locked: boolean }>(
        'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked',
        [target],
      );
      if (rows[0]?.locked === true) return work();
      if (!waited) say('waiting_for_other_import', 'another import for the same target is running');
      await delay(LOCK_POLL_MS);
    }
  });
}

const LOCK_POLL_MS = 100;

const ignore = () => undefined;

/**
 * A transaction that may be idle for a while. A connection that is cut just then says so by an event which would end
 * the process if nobody listened; the next statement reports it where someone can act.
 */
async function inQuietTenant<T, B>(job: ImportJob<B>, work: (tx: Tx) => Promise<T>): Promise<T> {
  return job.db.inTenant(job.tenantId, (tx) => {
    if (!tx.client.listeners('error').includes(ignore)) tx.client.on('error', ignore);
    return work(tx);
  });
}

interface Run {
  importId: string | null;
  rowsDone: number;
  counts: Counts;
}

/** One go through the file, from the first row not stored yet. */
async function pass<B>(
  job: ImportJob<B>,
  identity: ImportIdentity,
  run: Run,
  say: (phase: ImportProgress['phase'], message: string | null) => void,
): Promise<ImportResult<Counts>> {
  const { detected } = job.plan;
  const opened = await job.db.inTenant(job.tenantId, (tx) =>
    openImport(tx, identity, {
      sourceName: job.source.name,
      options: job.options,
      detected,
      importedBy: job.importedBy,
    }),
  );
  const { importId } = opened;
  if (opened.status === 'completed') {
    return {
      importId,
      alreadyImported: true,
      resumedAfterRows: 0,
      counts: opened.counts,
      detected,
    };
  }
  run.importId = importId;
  takeOver(run, job, opened);
  const resumedAfterRows = run.rowsDone;
  say('importing', resumedAfterRows > 0 ? `going on after row ${resumedAfterRows}` : null);

  let storing: Promise<void> = Promise.resolve();
  try {
    for await (const rows of batchesOf(job, run.rowsDone)) {
      const batch = await job.prepare(rows);
      await storing;
      storing = storeOne(job, run, batch, rows.length)
        .then(() => say('importing', null))
        .finally(() => job.release(batch));
      // It is waited for at the next turn; until then its failure is not unhandled.
      storing.catch(() => undefined);
    }
    await storing;
  } catch (error) {
    await storing.catch(() => undefined);
    throw error;
  }
  const counts = { ...run.counts };
  await job.db.inTenant(job.tenantId, (tx) => finishImport(tx, importId, { status: 'completed', counts }));
  return { importId, alreadyImported: false, resumedAfterRows, counts, detected };
}

function takeOver<B>(run: Run, job: ImportJob<B>, stored: ImportStatus): void {
  run.rowsDone = stored.rowsDone;
  run.counts = { ...job.zeroCounts, ...stored.counts };
}

/** The file's rows in batches, without the first `skip`. */
async function* batchesOf<B>(job: ImportJob<B>, skip: number): AsyncGenerator<(Row | BrokenRow)[]> {
  const reader = job.plan.rowReader();
  let seen = 0;
  let batch: (Row | BrokenRow)[] = [];
  const limit = job.limit ?? Infinity;
  function* take(rows: readonly (Row | BrokenRow)[]) {
    for (const row of rows) {
      seen += 1;
      if (seen <= skip || seen > limit) continue;
      batch.push(row);
      if (batch.length < job.batchRows) continue;
      yield batch;
      batch = [];
    }
  }
  for await (const text of textOf(job.source, job.plan.detected.encoding, job.bytesHash)) {
    yield* take(reader.push(text));
    if (seen >= limit) break;
  }
  yield* take(reader.end());
  if (batch.length > 0) yield batch;
}

/** Issues kept of one import; what a file full of errors has beyond them is only counted. */
const STORED_ISSUES_MAX = 100_000;
const TRIES = 5;

async function storeOne<B>(job: ImportJob<B>, run: Run, batch: B, rows: number): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const counts = await inQuietTenant(job, (tx) => storeIn(tx, job, run, batch, rows));
      run.rowsDone += rows;
      run.counts = counts;
      return;
    } catch (error) {
      const again = error instanceof NumberTakenMeanwhile || isWorthRepeating(error);
      if (!again || tries >= TRIES) throw error;
    }
  }
}

async function storeIn<B>(tx: Tx, job: ImportJob<B>, run: Run, batch: B, rows: number): Promise<Counts> {
  const importId = run.importId!;
  // Batches of one tenant take turns, so that no two of them find the same number to be new.
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0)), ${LOOK_UPS_BY_INDEX}`, [
    `rightcall:import-batch:${job.tenantId}`,
  ]);
  const stored = await job.store(tx, batch, importId);
  const room = Math.max(0, STORED_ISSUES_MAX - (run.counts['issues'] ?? 0));
  await insertIssues(tx, importId, stored.issues.slice(0, room));
  const counts = { ...run.counts };
  for (const [name, count] of Object.entries(stored.counts)) counts[name] = (counts[name] ?? 0) + count;
  counts['issues'] = (counts['issues'] ?? 0) + stored.issues.length;
  if (!(await advanceImport(tx, importId, run.rowsDone, run.rowsDone + rows, counts))) {
    throw new RightcallError(
      'conflict',
      'another process is running the same import; look at its status, or run it again when it has ended',
    );
  }
  return counts;
}
