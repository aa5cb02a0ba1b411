import type { NearMiss } from '../../domain/near-misses.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { AttemptState } from '../../domain/vocabulary.ts';
import type { Statements } from '../client.ts';

/**
 * An attempt's changes of state. Each is a compare-and-set on state and fence, so that whoever comes late changes
 * nothing: the row is the linearization point of I2 and I3.
 */

/**
 * `claimed → sending`: the last moment at which a stop, the lease or the window can prevent the call. Only when this
 * returns true may the carrier be asked, and then once. Not when it is earlier than at the decision: a clock that went back
 * says nothing of the window.
 * @param sendBefore end (engine clock) of what the policies allow, the guard taken off; null: none.
 * @param sendLeaseMs real ms within which the carrier's answer must be recorded, or the attempt is unknown.
 */
export async function beginSend(
  tx: Statements,
  attempt: { readonly attemptId: string; readonly fence: number; readonly sendBefore: EpochMs | null },
  now: EpochMs,
  sendLeaseMs: number,
): Promise<boolean> {
  if (attempt.sendBefore !== null && now >= attempt.sendBefore) return false;
  const rows = await tx.prepared(
    'attempt_begin_send',
    `UPDATE attempts SET state = 'sending', sending_at = $4, sending_real = clock_timestamp(),
            lease_until_real = clock_timestamp() + make_interval(secs => $5)
     WHERE tenant_id = $1 AND id = $2 AND fence = $3 AND state = 'claimed' AND lease_until_real > clock_timestamp()
       AND claimed_at <= $4
     RETURNING 1 AS one`,
    [tx.tenantId, attempt.attemptId, attempt.fence, toIso(now), sendLeaseMs / 1_000],
  );
  return rows.length === 1;
}

/** The reason of an attempt that had been given up before the carrier showed that it has the call. */
const TAKEN_UP = 'call.taken_up';

/**
 * Why `beginSend` changed nothing, looked up afterwards: for those who watch, nothing is decided by it.
 * @param now as it was given there
 */
export async function whyNotBegun(
  tx: Statements,
  attempt: { readonly attemptId: string; readonly fence: number; readonly sendBefore: EpochMs | null },
  now: EpochMs,
): Promise<NearMiss> {
  if (attempt.sendBefore !== null && now >= attempt.sendBefore) return 'window_closed';
  const rows = await tx.prepared<{
    state: AttemptState;
    reason: string | null;
    fence: number;
    claimed_at: EpochMs;
  }>(
    'attempt_why_not_begun',
    'SELECT state, reason, fence, claimed_at FROM attempts WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, attempt.attemptId],
  );
  const [row] = rows;
  if (row !== undefined && row.state === 'claimed' && now < row.claimed_at) return 'clock_went_back';
  if (row?.state === 'revoked') return 'permit_revoked';
  const given = row?.state === 'abandoned' && row.reason === 'lease.expired';
  const unused = row?.state === 'claimed' && row.fence === attempt.fence;
  return given || unused ? 'permit_lease_over' : 'permit_gone';
}

/**
 * The carrier has the call: `sending` or `unknown` → `sent`. `rang_at` becomes this instant, which is after the
 * carrier's answer, so that caps never count from before the phone can have rung (I5).
 *
 * One that was sent and then given up (`abandoned`) is taken up again: what was drawn from its end is undone, so that it
 * is watched, counted, drawn from and stopped like any other. It is marked to be hung up, for somebody may have been
 * called in its place, or stopped, since it stopped counting. One that was never sent stays what it is.
 * @returns whether a hang-up was asked for meanwhile, and whether it had been given up; null: nothing changed.
 */
export async function markSent(
  tx: Statements,
  attemptId: string,
  carrierRef: string,
  now: EpochMs,
): Promise<{ hangupRequested: boolean; takenUp: boolean } | null> {
  const rows = await tx.prepared<{ hangup: boolean; taken_up: boolean }>(
    'attempt_sent',
    `UPDATE attempts SET state = 'sent', carrier_ref = $3, sent_at = coalesce(sent_at, $4), rang_at = greatest(rang_at, $4),
            quarantine_until = NULL, look_ups = 0, look_up_after_real = NULL,
            ended_at = NULL, result = NULL, reported_real = NULL,
            reason = CASE WHEN state = 'abandoned' THEN '${TAKEN_UP}' ELSE reason END,
            hangup_requested_real = CASE WHEN state = 'abandoned' THEN coalesce(hangup_requested_real, clock_timestamp())
                                         ELSE hangup_requested_real END
     WHERE tenant_id = $1 AND id = $2
       AND (state IN ('sending', 'unknown') OR (state = 'abandoned' AND sending_real IS NOT NULL))
     RETURNING (hangup_requested_real IS NOT NULL) AS hangup, reason IS NOT DISTINCT FROM '${TAKEN_UP}' AS taken_up`,
    [tx.tenantId, attemptId, carrierRef, toIso(now)],
  );
  const row = rows[0];
  return row === undefined ? null : { hangupRequested: row.hangup, takenUp: row.taken_up };
}

/** `sending → unknown`: the carrier's answer was lost; it is asked until `quarantineUntil` (engine clock). */
export async function markUnknown(
  tx: Statements,
  attemptId: string,
  reason: string,
  now: EpochMs,
  quarantineUntil: EpochMs,
): Promise<boolean> {
  const rows = await tx.prepared(
    'attempt_unknown',
    `UPDATE attempts SET state = 'unknown', reason = $3, rang_at = greatest(rang_at, $4), quarantine_until = $5
     WHERE tenant_id = $1 AND id = $2 AND state = 'sending' RETURNING 1 AS one`,
    [tx.tenantId, attemptId, reason, toIso(now), toIso(quarantineUntil)],
  );
  return rows.length === 1;
}

/**
 * The attempt rang nowhere: `claimed → abandoned` (never sent), `sending → rejected` (the carrier refused),
 * `unknown → abandoned` (the carrier is certain it has none).
 */
export async function markNotRung(
  tx: Statements,
  attemptId: string,
  from: AttemptState,
  to: 'abandoned' | 'rejected',
  reason: string,
  now: EpochMs,
  outcome: string | null = null,
): Promise<boolean> {
  const rows = await tx.prepared(
    'attempt_not_rung',
    `UPDATE attempts SET state = $4, reason = $5, ended_at = $6, outcome = $7, fence = fence + 1
     WHERE tenant_id = $1 AND id = $2 AND state = $3 RETURNING 1 AS one`,
    [tx.tenantId, attemptId, from, to, reason, toIso(now), outcome],
  );
  return rows.length === 1;
}
