import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../../db/client.ts';
import {
  claimPreview,
  endPreview,
  releasePreview,
  savePreview,
  type ClaimedPreview,
} from '../../db/repositories/policy-previews.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf, RightcallError } from '../../domain/failures.ts';
import { progressOf } from '../../gate/preview/progress.ts';
import { questionOf, type PreviewRequest } from '../../gate/preview/request.ts';
import { resultOf } from '../../gate/preview/result.ts';
import { PreviewWork, type StoredWork } from '../../gate/preview/work.ts';
import type { ServiceLog } from './loop.ts';

export interface PreviewDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: ServiceLog;
}

/** How often (real ms) it is written down how far a preview is: what a death can cost, and what its progress lags. */
const SAVE_EACH_MS = 1_000;

/**
 * Work out the preview of a draft that waits longest, or that somebody left behind. Any number of workers may do so at
 * once; each preview has one runner, and whoever is not that any more finds its writing refused and lets go.
 * @param stopping leaves it where it is, for another to go on with
 * @returns whether there was one
 */
export async function runNextPreview(
  deps: PreviewDeps,
  tenantId: string,
  stopping: AbortSignal,
): Promise<boolean> {
  const runner = uuidv7();
  const preview = await deps.db.single(tenantId, (tx) => claimPreview(tx, runner));
  if (preview === null) return false;
  const mine = { id: preview.id, runner };
  try {
    await workOut(deps, tenantId, preview, mine, stopping);
  } catch (error) {
    // The database went away: whoever is back first goes on from what was saved.
    if (isPassing(error)) throw error;
    deps.log.warn({ preview: preview.id, error: messageOf(error) }, 'preview failed');
    const failure =
      error instanceof RightcallError ? error.message : 'it could not be worked out; see the log';
    const at = deps.clock.now();
    await deps.db.single(tenantId, (tx) =>
      endPreview(tx, mine, { status: 'failed', result: {}, failure, at }),
    );
  }
  return true;
}

async function workOut(
  deps: PreviewDeps,
  tenantId: string,
  preview: ClaimedPreview,
  mine: { readonly id: string; readonly runner: string },
  stopping: AbortSignal,
): Promise<void> {
  const { db } = deps;
  const request = preview.request as PreviewRequest;
  const work = await db.inTenant(tenantId, async (tx) => {
    const question = await questionOf(tx, preview, request);
    return preview.checkpoint === null
      ? PreviewWork.begin(tx, question)
      : PreviewWork.from(question, preview.checkpoint as StoredWork);
  });
  const since = { done: progressOf(work, { done: 0, atMs: 0 }, 0).done, atMs: performance.now() };
  const save = () =>
    db.inTenant(tenantId, (tx) =>
      savePreview(tx, mine, {
        progress: progressOf(work, since, performance.now()),
        checkpoint: work,
        entries: work.takeEntries(),
      }),
    );
  let savedAt = -Infinity;
  for await (const _ of work.steps(db, tenantId)) {
    if (stopping.aborted) {
      if (await save()) await db.single(tenantId, (tx) => releasePreview(tx, mine));
      return;
    }
    if (performance.now() - savedAt < SAVE_EACH_MS) continue;
    if (!(await save())) return;
    savedAt = performance.now();
  }
  const at = deps.clock.now();
  await db.inTenant(tenantId, async (tx) => {
    const saved = await savePreview(tx, mine, {
      progress: progressOf(work, since, performance.now()),
      checkpoint: null,
      entries: work.takeEntries(),
    });
    if (!saved) return;
    const result = resultOf(work, request.past);
    await endPreview(tx, mine, { status: 'finished', result, failure: null, at });
  });
}

/** Of the connection or the server (SQLSTATE, or a system's code), and not of what is asked. */
function isPassing(error: unknown): boolean {
  if (error instanceof RightcallError) return error.code === 'unavailable';
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
