import type { Counted } from '../../domain/campaign-rules.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';

/** What quotas are held to. A trigger on attempts moves the counters as calls end (migration 0024). */

export interface QuotaKey {
  readonly quota: string;
  readonly counts: Counted;
  readonly from: EpochMs;
}

export interface QuotaCountRow extends QuotaKey {
  readonly counted: number;
  readonly open: number;
}

const arraysOf = (keys: readonly QuotaKey[]) => [
  keys.map(({ quota }) => quota),
  keys.map(({ counts }) => counts),
  keys.map(({ from }) => toIso(from)),
];

const WANTED = 'unnest($3::text[], $4::text[], $5::timestamptz[]) AS u (quota, counts, from_at)';
const ROW = `q.quota, q.counts, q.from_at AS "from", q.counted, q.open`;

/** Counters that nothing was counted on yet are not among them. */
export async function readQuotaCounts(
  tx: Statements,
  campaignId: string,
  keys: readonly QuotaKey[],
): Promise<QuotaCountRow[]> {
  if (keys.length === 0) return [];
  return tx.prepared<QuotaCountRow>(
    'quota_counts',
    `SELECT ${ROW} FROM ${WANTED} JOIN quota_counts q ON q.tenant_id = $1 AND q.campaign_id = $2
       AND q.quota = u.quota AND q.counts = u.counts AND q.from_at = u.from_at`,
    [tx.tenantId, campaignId, ...arraysOf(keys)],
  );
}

/**
 * The same, each there and locked to the end of the transaction, in the order of their names: whoever passes the gate at
 * the same time waits, and then sees what this one took.
 */
export async function lockQuotaCounts(
  tx: Tx,
  campaignId: string,
  keys: readonly QuotaKey[],
): Promise<QuotaCountRow[]> {
  await tx.prepared(
    'quota_counts_made',
    `INSERT INTO quota_counts (tenant_id, campaign_id, quota, counts, from_at, counted, open)
     SELECT $1, $2, u.quota, u.counts, u.from_at, 0, 0 FROM ${WANTED} ORDER BY 3, 4, 5 ON CONFLICT DO NOTHING`,
    [tx.tenantId, campaignId, ...arraysOf(keys)],
  );
  return tx.prepared<QuotaCountRow>(
    'quota_counts_locked',
    `SELECT ${ROW} FROM quota_counts q WHERE q.tenant_id = $1 AND q.campaign_id = $2
       AND (q.quota, q.counts, q.from_at) IN (SELECT u.quota, u.counts, u.from_at FROM ${WANTED})
     ORDER BY q.quota, q.counts, q.from_at FOR NO KEY UPDATE OF q`,
    [tx.tenantId, campaignId, ...arraysOf(keys)],
  );
}

/** An attempt is being made that may come to what these count. They are locked. */
export async function takeFromQuotas(tx: Tx, campaignId: string, keys: readonly QuotaKey[]): Promise<void> {
  await tx.prepared(
    'quota_counts_taken',
    `UPDATE quota_counts q SET open = q.open + 1 FROM ${WANTED}
     WHERE q.tenant_id = $1 AND q.campaign_id = $2 AND q.quota = u.quota AND q.counts = u.counts
       AND q.from_at = u.from_at`,
    [tx.tenantId, campaignId, ...arraysOf(keys)],
  );
}

/** Contacts put off or ended at once where their segment is full; the rest come as the pacer comes to them. */
const SEGMENT_MAX = 1_000;

/** Due contacts of a full segment wait for the next day, or are left out where there is none. */
export async function putOffSegment(
  tx: Tx,
  campaignId: string,
  quota: string,
  until: EpochMs | null,
  reason: string,
  at: EpochMs,
): Promise<void> {
  await tx.query(
    `UPDATE contacts c SET
       state = CASE WHEN $5::timestamptz IS NULL THEN 'denied' ELSE 'waiting' END, state_reason = $6,
       ready_at = coalesce($5, c.ready_at), updated_at = $4,
       wake_pending = c.wake_pending OR ($5::timestamptz IS NULL AND c.workflow_open)
     WHERE tenant_id = $1 AND id IN (
       SELECT id FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting' AND ready_at <= $4
         AND quotas @> ARRAY[$3] ORDER BY ready_at LIMIT ${SEGMENT_MAX} FOR NO KEY UPDATE SKIP LOCKED)`,
    [tx.tenantId, campaignId, quota, toIso(at), until === null ? null : toIso(until), reason],
  );
}
