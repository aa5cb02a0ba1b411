import type { Database } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import {
  diallingState,
  releaseDialling,
  setDiallingStopped,
  type DiallingState,
} from '../../db/repositories/dialling.ts';
import { stopDialling, type StopAck } from '../../db/stop.ts';
import type { Clock } from '../../domain/clock.ts';
import { toIso } from '../../domain/time.ts';

interface KillDeps {
  readonly db: Database;
  readonly clock: Clock;
}

interface KillAction extends Author {
  readonly tenantId: string;
  readonly reason: string | null;
}

/**
 * Stop everything that the tenant dials: binding at once, answered when nothing is sent any more (I3). Stopping again
 * waits again and is safe.
 */
export async function stopAllDialling(
  deps: KillDeps,
  action: KillAction,
): Promise<{ state: DiallingState; stop: StopAck }> {
  const stop = await stopDialling(
    deps.db,
    deps.clock,
    {
      tenantId: action.tenantId,
      kind: 'kill',
      scope: 'tenant',
      targetId: action.tenantId,
      by: action.by,
      detail: action.reason === null ? {} : { reason: action.reason },
    },
    async (tx) => {
      const before = await diallingState(tx);
      const stoppedAt = await setDiallingStopped(tx, deps.clock.now());
      await recordChange(tx, {
        by: action.by,
        requestId: action.requestId,
        action: 'stopDialling',
        resource: 'dialling',
        resourceId: tx.tenantId,
        before: { stoppedAt: before.stoppedAt === null ? null : toIso(before.stoppedAt) },
        after: { stoppedAt: toIso(stoppedAt) },
        reason: action.reason,
        at: deps.clock.now(),
      });
      await notifyWork(tx);
    },
  );
  const state = await deps.db.single(action.tenantId, diallingState);
  return { state, stop };
}

/** Let the tenant dial again: every contact is decided anew. Where it is not stopped nothing changes. */
export async function resumeAllDialling(deps: KillDeps, action: KillAction): Promise<DiallingState> {
  return deps.db.inTenant(action.tenantId, async (tx) => {
    const stoppedAt = await releaseDialling(tx);
    if (stoppedAt !== null) {
      await recordChange(tx, {
        by: action.by,
        requestId: action.requestId,
        action: 'resumeDialling',
        resource: 'dialling',
        resourceId: tx.tenantId,
        before: { stoppedAt: toIso(stoppedAt) },
        after: { stoppedAt: null },
        reason: action.reason,
        at: deps.clock.now(),
      });
      await notifyWork(tx);
    }
    return diallingState(tx);
  });
}
