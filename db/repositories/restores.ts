import { v7 as uuidv7 } from 'uuid';
import type { CallEndPayload } from '../../domain/carrier.ts';
import type { ReconcileCounts, ReconcileState } from '../../domain/restore.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';

export interface Restore {
  readonly id: string;
  /** Calls taken at or after this instant (engine clock) may be unknown to the database. */
  readonly sinceAt: EpochMs;
  readonly beganReal: EpochMs;
  readonly beganBy: string;
  readonly wasStopped: boolean;
  readonly sealedSize: number;
  readonly copiedSize: number | null;
  readonly finishedReal: EpochMs | null;
}

const COLUMNS = `id, since_at AS "sinceAt", began_real AS "beganReal", began_by AS "beganBy", was_stopped AS "wasStopped",
  sealed_size AS "sealedSize", copied_size AS "copiedSize", finished_real AS "finishedReal"`;

/** The restore that is not finished, or null. */
export async function openRestore(tx: Statements): Promise<Restore | null> {
  const rows = await tx.query<Restore>(
    `SELECT ${COLUMNS} FROM restores WHERE tenant_id = $1 AND finished_real IS NULL`,
    [tx.tenantId],
  );
  return rows[0] ?? null;
}

/** All restores there were, oldest first. */
export async function listRestores(tx: Statements): Promise<Restore[]> {
  return tx.query<Restore>(`SELECT ${COLUMNS} FROM restores WHERE tenant_id = $1 ORDER BY id`, [tx.tenantId]);
}

/** The latest restore's id: the line that the evidence log goes on in; null: there was none. */
export async function evidenceLine(tx: Statements): Promise<string | null> {
  const rows = await tx.query<{ id: string }>(
    'SELECT id FROM restores WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1',
    [tx.tenantId],
  );
  return rows[0]?.id ?? null;
}

/** The instant (engine clock) of the latest attempt on record; null: there is none. */
export async function latestClaim(tx: Statements): Promise<EpochMs | null> {
  const rows = await tx.query<{ at: EpochMs | null }>(
    'SELECT max(claimed_at) AS at FROM attempts WHERE tenant_id = $1',
    [tx.tenantId],
  );
  return rows[0]?.at ?? null;
}

export async function insertRestore(
  tx: Tx,
  restore: Pick<Restore, 'sinceAt' | 'beganBy' | 'wasStopped' | 'sealedSize' | 'copiedSize'>,
  at: EpochMs,
): Promise<string> {
  const id = uuidv7();
  await tx.query(
    `INSERT INTO restores (tenant_id, id, since_at, began_at, began_real, began_by, was_stopped, sealed_size, copied_size)
     VALUES ($1, $2, $3, $4, clock_timestamp(), $5, $6, $7, $8)`,
    [
      tx.tenantId,
      id,
      toIso(restore.sinceAt),
      toIso(at),
      restore.beganBy,
      restore.wasStopped,
      restore.sealedSize,
      restore.copiedSize,
    ],
  );
  return id;
}

/**
 * Permits that the backup caught unused: whether they were used afterwards, only the carrier can say. They count as sent
 * until it does.
 * @param leaseMs engine-clock ms for which a permit could be used @param quarantineUntil engine clock
 * @returns how many
 */
export async function doubtClaimed(tx: Tx, leaseMs: number, quarantineUntil: EpochMs): Promise<number> {
  const rows = await tx.query(
    `UPDATE attempts SET state = 'unknown', reason = 'restored: a permit when the backup was made', fence = fence + 1,
            sending_at = claimed_at, sending_real = claimed_real,
            rang_at = greatest(rang_at, claimed_at + make_interval(secs => $2)), quarantine_until = $3
     WHERE tenant_id = $1 AND state = 'claimed' RETURNING 1 AS one`,
    [tx.tenantId, leaseMs / 1_000, toIso(quarantineUntil)],
  );
  return rows.length;
}

export async function finishRestore(tx: Tx, restoreId: string, by: string): Promise<void> {
  await tx.query(
    `UPDATE restores SET finished_real = clock_timestamp(), finished_by = $3
     WHERE tenant_id = $1 AND id = $2 AND finished_real IS NULL`,
    [tx.tenantId, restoreId, by],
  );
}

export interface CarrierInRestore {
  readonly carrierId: string;
  readonly name: string;
  readonly kind: string;
  readonly baseUrl: string;
  /** Null: not asked yet. */
  readonly state: ReconcileState | null;
  readonly counts: ReconcileCounts | null;
  readonly reason: string | null;
}

/** All carriers of the tenant with how each stands in the restore. */
export async function carriersInRestore(tx: Statements, restoreId: string): Promise<CarrierInRestore[]> {
  return tx.query<CarrierInRestore>(
    `SELECT c.id AS "carrierId", c.name, c.kind, c.config->>'baseUrl' AS "baseUrl", r.state, r.counts, r.reason
     FROM carriers c
     LEFT JOIN restore_carriers r ON r.tenant_id = c.tenant_id AND r.restore_id = $2 AND r.carrier_id = c.id
     WHERE c.tenant_id = $1 ORDER BY c.name`,
    [tx.tenantId, restoreId],
  );
}

export async function noteCarrier(
  tx: Statements,
  note: {
    readonly restoreId: string;
    readonly carrierId: string;
    readonly state: ReconcileState;
    readonly counts: ReconcileCounts;
    readonly reason: string | null;
    readonly decidedBy: string | null;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO restore_carriers (tenant_id, restore_id, carrier_id, state, asked_real, counts, reason, decided_by)
     VALUES ($1, $2, $3, $4, clock_timestamp(), $5, $6, $7)
     ON CONFLICT (tenant_id, restore_id, carrier_id) DO UPDATE SET state = excluded.state, counts = excluded.counts,
       asked_real = excluded.asked_real, reason = excluded.reason, decided_by = excluded.decided_by`,
    [
      tx.tenantId,
      note.restoreId,
      note.carrierId,
      note.state,
      JSON.stringify(note.counts),
      note.reason,
      note.decidedBy,
    ],
  );
}

/** Keep a call whose contact is not there; told again, what became of it is added. */
export async function keepRestoredCall(
  tx: Tx,
  call: {
    readonly restoreId: string;
    readonly carrierId: string;
    readonly attemptId: string;
    readonly reference: string;
    readonly numberHash: Buffer | null;
    readonly acceptedAt: EpochMs;
    readonly ended: CallEndPayload | null;
  },
): Promise<void> {
  await tx.query(
    `INSERT INTO restored_calls AS k (tenant_id, carrier_id, attempt_id, restore_id, carrier_ref, number_hash, accepted_at,
                                      ended, hung_up)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, false)
     ON CONFLICT (tenant_id, carrier_id, attempt_id) DO UPDATE SET ended = coalesce(k.ended, excluded.ended)`,
    [
      tx.tenantId,
      call.carrierId,
      call.attemptId,
      call.restoreId,
      call.reference,
      call.numberHash,
      toIso(call.acceptedAt),
      call.ended === null ? null : JSON.stringify(call.ended),
    ],
  );
}

export async function noteHungUp(tx: Statements, carrierId: string, attemptId: string): Promise<void> {
  await tx.query(
    'UPDATE restored_calls SET hung_up = true WHERE tenant_id = $1 AND carrier_id = $2 AND attempt_id = $3',
    [tx.tenantId, carrierId, attemptId],
  );
}

/** Contacts that may have been called, a page by id: their latest attempt's number. */
export async function callableContacts(
  tx: Statements,
  after: string,
  limit: number,
): Promise<{ id: string; attempts: number }[]> {
  return tx.query<{ id: string; attempts: number }>(
    `SELECT id, attempts FROM contacts WHERE tenant_id = $1 AND id > $2 AND state IN ('waiting', 'admitted')
     ORDER BY id LIMIT $3`,
    [tx.tenantId, after, limit],
  );
}

/** A kept call whose number belongs to somebody now, and the campaign that has them. */
export interface CallWithAPerson {
  readonly carrierId: string;
  readonly attemptId: string;
  readonly carrierRef: string;
  readonly numberHash: Buffer;
  readonly acceptedAt: EpochMs;
  readonly ended: CallEndPayload | null;
  readonly personId: string;
  readonly campaignId: string;
  readonly purpose: string;
}

/** Of a person in several campaigns, the one they came into last: lists that were lost are imported again. */
export async function callsWithAPerson(tx: Tx, limit: number): Promise<CallWithAPerson[]> {
  return tx.query<CallWithAPerson>(
    `SELECT k.carrier_id AS "carrierId", k.attempt_id AS "attemptId", k.carrier_ref AS "carrierRef",
            k.number_hash AS "numberHash", k.accepted_at AS "acceptedAt", k.ended, n.person_id AS "personId",
            c.campaign_id AS "campaignId", g.definition->>'purpose' AS purpose
     FROM restored_calls k
     JOIN person_numbers n ON n.tenant_id = k.tenant_id AND n.number_hash = k.number_hash
     JOIN LATERAL (SELECT campaign_id FROM contacts c
                   WHERE c.tenant_id = k.tenant_id AND c.person_id = n.person_id ORDER BY c.id DESC LIMIT 1) c ON true
     JOIN campaigns g ON g.tenant_id = k.tenant_id AND g.id = c.campaign_id
     WHERE k.tenant_id = $1 AND k.person_id IS NULL
     ORDER BY k.attempt_id LIMIT $2`,
    [tx.tenantId, limit],
  );
}

/**
 * Count a kept call among its person's attempts. Its contact is gone, so nothing follows from it but that it was made;
 * numbers of that contact that the carrier did not have are filled, as of any other. One that was live has ended by now.
 */
export async function attachRestoredCall(
  tx: Tx,
  call: CallWithAPerson,
  of: { readonly contactId: string; readonly n: number; readonly acceptedReal: EpochMs },
): Promise<void> {
  const { ended } = call;
  await tx.query(
    `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id, purpose,
                           channel, carrier_id, carrier_ref, state, fence, lease_until_real, claimed_at, claimed_real,
                           sending_at, sending_real, sent_at, ended_at, rang_at, outcome, conversation, disposition, reason,
                           reported_real, restored_real)
     SELECT $1, $2::text || '/' || s.n, $2::uuid, $3, $4, $5, s.n, s.n, NULL, $6, 'voice', $7,
            CASE WHEN s.n = $9 THEN $8 END, CASE WHEN s.n = $9 THEN 'ended' ELSE 'abandoned' END, 1, $11, $10, $11,
            CASE WHEN s.n = $9 THEN $10::timestamptz END, CASE WHEN s.n = $9 THEN $11::timestamptz END,
            CASE WHEN s.n = $9 THEN $10::timestamptz END, $12, $10, CASE WHEN s.n = $9 THEN $13 END, s.n = $9 AND $14,
            CASE WHEN s.n = $9 THEN $15 END, 'restored: its contact was lost with the backup', clock_timestamp(),
            clock_timestamp()
     FROM generate_series(1, $9::int) AS s (n)
     ON CONFLICT (tenant_id, id) DO UPDATE SET state = excluded.state, carrier_ref = excluded.carrier_ref,
       sending_at = excluded.sending_at, sending_real = excluded.sending_real, sent_at = excluded.sent_at,
       ended_at = excluded.ended_at, rang_at = excluded.rang_at, outcome = excluded.outcome,
       conversation = excluded.conversation, disposition = excluded.disposition
       WHERE attempts.state = 'abandoned' AND excluded.state = 'ended'`,
    [
      tx.tenantId,
      of.contactId,
      call.campaignId,
      call.personId,
      call.numberHash,
      call.purpose,
      call.carrierId,
      call.carrierRef,
      of.n,
      toIso(call.acceptedAt),
      toIso(of.acceptedReal),
      toIso(ended?.at ?? call.acceptedAt),
      ended?.outcome ?? 'unknown',
      ended !== null && ended.outcome === 'answered' && ended.talkS > 0,
      ended?.disposition ?? null,
    ],
  );
  await tx.query(
    'UPDATE restored_calls SET person_id = $4 WHERE tenant_id = $1 AND carrier_id = $2 AND attempt_id = $3',
    [tx.tenantId, call.carrierId, call.attemptId, call.personId],
  );
}
