import type { Database } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import {
  diallingState,
  releaseDialling,
  setDiallingStopped,
  type DiallingState,
} from '../../db/repositories/dialling.ts';
import { installationState, type InstallationState } from '../../db/repositories/installation.ts';
import { openRestore } from '../../db/repositories/restores.ts';
import { stopDialling, type StopAck } from '../../db/stop.ts';
import type { Clock } from '../../domain/clock.ts';
import { conflict } from '../../domain/failures.ts';
import { toIso } from '../../domain/time.ts';

/** What stands against everything that a tenant dials: its own kill switch, and the stop of the whole installation. */
export interface Dialling extends DiallingState {
  readonly everything: InstallationState;
}

export function readDialling(db: Database, tenantId: string): Promise<Dialling> {
  return db.single(tenantId, async (statements) => ({
    ...(await diallingState(statements)),
    everything: await installationState(statements),
  }));
}

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
): Promise<{ state: Dialling; stop: StopAck }> {
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
  return { state: await readDialling(deps.db, action.tenantId), stop };
}

/** Let the tenant dial again: every contact is decided anew. Where it is not stopped nothing changes. */
export async function resumeAllDialling(deps: KillDeps, action: KillAction): Promise<Dialling> {
  await deps.db.inTenant(action.tenantId, async (tx) => {
    if ((await openRestore(tx)) !== null) {
      throw conflict(
        'the database was restored to an earlier state, and what was called since is not known yet; rightcall restore finish lets dialling go on',
      );
    }
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
  });
  return readDialling(deps.db, action.tenantId);
}
