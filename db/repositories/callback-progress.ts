import { and, eq } from 'drizzle-orm';
import { nextLook, type CallbackStep } from '../../domain/callback.ts';
import type { CampaignCallbacks } from '../../domain/campaign-callbacks.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { callbacks } from '../schema/index.ts';
import { callbackById, settlePromise, type CallbackRow } from './callbacks.ts';

/** What happens to promises on their way (activities/callbacks). */

/** A contact's promise, locked; null as well where somebody else is at it: whoever holds a contact alone waits for no promise. */
export async function lockPromised(tx: Tx, contactId: string): Promise<CallbackRow | null> {
  const rows = await tx.prepared<{ id: string }>(
    'lock_promised',
    `SELECT id FROM callbacks WHERE tenant_id = $1 AND contact_id = $2 AND status = 'promised' FOR NO KEY UPDATE SKIP LOCKED`,
    [tx.tenantId, contactId],
  );
  return rows[0] === undefined ? null : callbackById(tx, rows[0].id);
}

/** Note what was done about a locked promise; whoever read it before may change it all the same. */
export async function noteDone(
  tx: Tx,
  callback: CallbackRow,
  done: Partial<Pick<CallbackRow, 'askedAt' | 'dueAskedAt' | 'remindedAt' | 'fellBackAt'>> & {
    readonly step?: CallbackStep;
  },
  settings: CampaignCallbacks,
  at: EpochMs,
): Promise<CallbackRow> {
  const { step, ...instants } = done;
  const rows = await tx.orm
    .update(callbacks)
    .set({
      ...instants,
      steps: step === undefined ? callback.steps : [...callback.steps, step],
      lookAt: nextLook({ ...callback, ...instants }, settings, at),
    })
    .where(and(eq(callbacks.tenantId, tx.tenantId), eq(callbacks.id, callback.id)))
    .returning();
  return rows[0]!;
}

/** The promise that this call keeps, if it was sent within its window, is kept; whatever is promised from now on is another. */
export async function keepByCall(
  tx: Tx,
  callback: CallbackRow,
  attemptId: string,
  at: EpochMs,
): Promise<CallbackRow | null> {
  const rows = await tx.query(
    `SELECT 1 FROM attempts WHERE tenant_id = $1 AND id = $2 AND state IN ('sent', 'ended')
       AND sending_at >= $3 AND sending_at < $4`,
    [tx.tenantId, attemptId, toIso(callback.fromAt), toIso(callback.untilAt)],
  );
  return rows.length === 0
    ? null
    : settlePromise(tx, callback.id, { status: 'kept', reason: null, attemptId, at });
}
