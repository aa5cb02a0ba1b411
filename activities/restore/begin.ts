import type { Database } from '../../db/client.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { diallingState, setDiallingStopped } from '../../db/repositories/dialling.ts';
import { latestCheckpoint } from '../../db/repositories/evidence-log.ts';
import {
  doubtClaimed,
  evidenceLine,
  insertRestore,
  latestClaim,
  openRestore,
  type Restore,
} from '../../db/repositories/restores.ts';
import { stopDialling } from '../../db/stop.ts';
import type { Clock } from '../../domain/clock.ts';
import { MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import type { SecondPlace } from '../../evidence/second-place.ts';
import { LEASE_MS } from '../calls/claim.ts';
import { QUARANTINE_MS } from '../calls/send.ts';

/**
 * How far before the last attempt on record (engine clock) the carrier is asked from: its clock and ours may differ, and a
 * transaction that was open when the backup ended may have begun earlier than one that is in it.
 */
const MARGIN_MS = 10 * MINUTE_MS;
/** The same at least in real ms, on a scaled clock. */
const MARGIN_REAL_MS = 30_000;

/** Why the tenant's dialling is stopped, as `rightcall dialling show` says it. */
export const RESTORED = 'the database was restored to an earlier state; see rightcall restore status';

export interface BeginDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** Null: there is none. */
  readonly secondPlace: SecondPlace | null;
}

/**
 * A tenant of a database that was taken back dials nothing from now on, until the restore is finished: in the transaction
 * of the stop, permits that the backup caught unused become attempts whose fate only the carrier knows. Again, it finds
 * the restore that is open.
 */
export async function beginRestore(
  deps: BeginDeps,
  action: Author & { readonly tenantId: string; readonly since: EpochMs | null },
): Promise<{ restore: Restore; begun: boolean; doubted: number }> {
  const { db, clock } = deps;
  const { tenantId } = action;
  const open = await db.single(tenantId, openRestore);
  if (open !== null) return { restore: open, begun: false, doubted: 0 };
  const line = await db.single(tenantId, evidenceLine);
  const copiedSize = deps.secondPlace === null ? null : await deps.secondPlace.newestSize(tenantId, line);
  let doubted = 0;
  await stopDialling(
    db,
    clock,
    {
      tenantId,
      kind: 'kill',
      scope: 'tenant',
      targetId: tenantId,
      by: action.by,
      detail: { reason: RESTORED },
    },
    async (tx) => {
      const now = clock.now();
      const sinceAt = action.since ?? sinceOf(clock, await latestClaim(tx));
      const wasStopped = (await diallingState(tx)).stoppedAt !== null;
      const sealedSize = (await latestCheckpoint(tx))?.size ?? 0;
      const id = await insertRestore(
        tx,
        { sinceAt, beganBy: action.by, wasStopped, sealedSize, copiedSize },
        now,
      );
      // Before the stop takes back what is claimed: of these nobody knows whether they were sent.
      doubted = await doubtClaimed(tx, LEASE_MS * clock.speed, now + QUARANTINE_MS);
      await setDiallingStopped(tx, now);
      await recordChange(tx, {
        ...action,
        action: 'beginRestore',
        resource: 'restore',
        resourceId: id,
        before: null,
        after: { since: toIso(sinceAt), doubted },
        at: now,
      });
    },
  );
  const begun = await db.single(tenantId, openRestore);
  return { restore: begun!, begun: true, doubted };
}

/** From when on (engine clock) calls may be missing; with no attempt on record, all may. */
function sinceOf(clock: Clock, latest: EpochMs | null): EpochMs {
  return latest === null ? 0 : latest - Math.max(MARGIN_MS, MARGIN_REAL_MS * clock.speed);
}
