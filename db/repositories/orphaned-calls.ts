import type { OrphanCause } from '../../domain/recovery.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { AttemptState } from '../../domain/vocabulary.ts';
import type { Statements } from '../client.ts';
import { recordChange } from './changes.ts';

/** Calls of a carrier that no attempt accounts for (schema/orphaned-calls.ts). */

/** What the rows of one tenant have about these attempts. */
export async function attemptsKnown(
  tx: Statements,
  attemptIds: readonly string[],
): Promise<{ id: string; state: AttemptState; sent: boolean; personId: string }[]> {
  return tx.prepared(
    'attempts_known',
    `SELECT id, state, sending_real IS NOT NULL AS sent, person_id AS "personId"
     FROM attempts WHERE tenant_id = $1 AND id = ANY ($2)`,
    [tx.tenantId, attemptIds],
  );
}

/**
 * Record that a call is nobody's, before it is hung up. The number of its attempt is used up, also where a database that
 * was restored to an older point would give it out again (I2).
 * @returns whether it was not on record yet
 */
export async function recordOrphan(
  tx: Statements,
  orphan: {
    readonly carrierId: string;
    readonly reference: string;
    readonly attemptId: string;
    readonly cause: OrphanCause;
    readonly at: EpochMs;
  },
): Promise<boolean> {
  const rows = await tx.prepared<{ found: boolean }>(
    'record_orphan',
    `INSERT INTO orphaned_calls AS o (tenant_id, carrier_id, carrier_ref, attempt_id, cause, found_at, found_real, tries)
     VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), 1)
     ON CONFLICT (tenant_id, carrier_id, carrier_ref) DO UPDATE SET tries = o.tries + 1, gone_real = NULL
     RETURNING tries = 1 AS found`,
    [tx.tenantId, orphan.carrierId, orphan.reference, orphan.attemptId, orphan.cause, toIso(orphan.at)],
  );
  if (!rows[0]!.found) return false;
  const [contactId, n] = orphan.attemptId.split('/');
  await tx.prepared(
    'attempt_number_used',
    'UPDATE contacts SET attempts = greatest(attempts, $3) WHERE tenant_id = $1 AND id = $2 AND attempts < $3',
    [tx.tenantId, contactId, Number(n)],
  );
  await recordChange(tx, {
    by: 'engine',
    requestId: null,
    action: 'hangUpOrphan',
    resource: 'carrier',
    resourceId: orphan.carrierId,
    before: null,
    after: { attemptId: orphan.attemptId, reference: orphan.reference, cause: orphan.cause },
    reason: 'the carrier has a call that no attempt accounts for',
    at: orphan.at,
  });
  return true;
}

export async function markOrphanHungUp(
  tx: Statements,
  carrierId: string,
  reference: string,
): Promise<boolean> {
  const rows = await tx.prepared(
    'orphan_hung_up',
    `UPDATE orphaned_calls SET hung_up_real = clock_timestamp()
     WHERE tenant_id = $1 AND carrier_id = $2 AND carrier_ref = $3 AND hung_up_real IS NULL RETURNING 1 AS one`,
    [tx.tenantId, carrierId, reference],
  );
  return rows.length === 1;
}

/** Those that the carrier's list has no more are down. */
export async function markOrphansGone(
  tx: Statements,
  carrierId: string,
  live: readonly string[],
): Promise<void> {
  await tx.prepared(
    'orphans_gone',
    `UPDATE orphaned_calls SET gone_real = clock_timestamp()
     WHERE tenant_id = $1 AND carrier_id = $2 AND gone_real IS NULL
       AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS l (ref) WHERE l.ref = carrier_ref)`,
    [tx.tenantId, carrierId, live],
  );
}
