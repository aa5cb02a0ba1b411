import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/**
 * What contacts' workflows were told (schema/workflow-notes.ts). Each note is written by the very statement that
 * marks the telling, so that it costs a row and neither a transaction nor a round trip.
 */

/** Beginning of the statement that adds notes; values or a SELECT follow. */
export const NOTE_SQL =
  'INSERT INTO workflow_notes (tenant_id, campaign_id, contact_id, kind, admission, detail, at, recorded_real)';

/** Note that the workflows were told what these attempts came to. One told before is left as it is. */
export async function markReported(
  tx: Statements,
  attemptIds: readonly string[],
  at: EpochMs,
): Promise<void> {
  await tx.prepared(
    'mark_reported',
    `WITH told AS (
       UPDATE attempts SET reported_real = clock_timestamp()
       WHERE tenant_id = $1 AND id = ANY ($2) AND reported_real IS NULL
       RETURNING campaign_id, contact_id, admission, result)
     ${NOTE_SQL}
     SELECT $1, campaign_id, contact_id, 'reported', admission, coalesce(result, '{}') - 'recheckInMs', $3,
            clock_timestamp()
     FROM told`,
    [tx.tenantId, attemptIds, toIso(at)],
  );
}

/** Note that the workflows of these contacts were told that they are final; one that waits again was not. */
export async function markClosed(tx: Statements, contactIds: readonly string[], at: EpochMs): Promise<void> {
  await tx.prepared(
    'mark_closed',
    `WITH told AS (
       UPDATE contacts SET wake_pending = false,
              workflow_open = workflow_open AND state IN ('waiting', 'admitted')
       WHERE tenant_id = $1 AND id = ANY ($2) AND wake_pending
       RETURNING campaign_id, id, state, state_reason)
     ${NOTE_SQL}
     SELECT $1, campaign_id, id, 'closed', NULL, jsonb_build_object('state', state, 'reason', state_reason), $3,
            clock_timestamp()
     FROM told WHERE state NOT IN ('waiting', 'admitted')`,
    [tx.tenantId, contactIds, toIso(at)],
  );
}
