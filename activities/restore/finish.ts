import type { Database } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { releaseDialling } from '../../db/repositories/dialling.ts';
import {
  carriersInRestore,
  finishRestore as markFinished,
  noteCarrier,
  openRestore,
} from '../../db/repositories/restores.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError } from '../../domain/failures.ts';
import { NOTHING_TOLD } from '../../domain/restore.ts';

import { attachRestoredCalls } from './attach.ts';

export interface FinishAction extends Author {
  readonly tenantId: string;
  /** Names of carriers that nothing is known of and that are done without, with `reason`. */
  readonly acceptUnreconciled: readonly string[];
  readonly reason: string | null;
}

/**
 * The tenant may dial again: every contact is decided anew, by what is on record now. Dialling that somebody had stopped
 * before the restore stays stopped.
 * @returns whether it dials again; null: there was no restore to finish
 * @throws RightcallError `precondition_failed` naming the carriers that have not told all
 */
export async function finishRestore(
  deps: { readonly db: Database; readonly clock: Clock },
  action: FinishAction,
): Promise<{ resumed: boolean } | null> {
  return deps.db.inTenant(action.tenantId, async (tx) => {
    const restore = await openRestore(tx);
    if (restore === null) return null;
    // Lists may have been imported again since the carriers were asked.
    await attachRestoredCalls(tx, deps.clock);
    const carriers = await carriersInRestore(tx, restore.id);
    const open = carriers.filter(({ state }) => state !== 'reconciled' && state !== 'accepted');
    const missing = open.filter(({ name }) => !action.acceptUnreconciled.includes(name));
    if (missing.length > 0) {
      throw new RightcallError(
        'precondition_failed',
        `not reconciled: ${missing.map(({ name, state, reason }) => `${name} (${reason ?? state ?? 'not asked yet'})`).join(', ')}; ` +
          'run rightcall restore reconcile, or do without one by --accept-unreconciled <carrier> --reason <text>',
      );
    }
    const at = deps.clock.now();
    const change = {
      by: action.by,
      requestId: action.requestId,
      resource: 'restore',
      resourceId: restore.id,
      at,
    };
    for (const { carrierId, name, state, counts } of open) {
      const { reason } = action;
      await noteCarrier(tx, {
        restoreId: restore.id,
        carrierId,
        state: 'accepted',
        counts: counts ?? NOTHING_TOLD,
        reason,
        decidedBy: action.by,
      });
      await recordChange(tx, {
        ...change,
        action: 'acceptUnreconciled',
        before: { carrier: name, state },
        after: { carrier: name, state: 'accepted' },
        reason,
      });
    }
    await markFinished(tx, restore.id, action.by);
    const resumed = !restore.wasStopped && (await releaseDialling(tx)) !== null;
    await recordChange(tx, {
      ...change,
      action: 'finishRestore',
      before: null,
      after: { resumed },
      reason: action.reason,
    });
    await notifyWork(tx);
    return { resumed };
  });
}
