import type { Statements } from '../client.ts';

/** Real ms that a request holds its key before another may begin it again, unless it renews. */
export const LEASE_MS = 30_000;
/**
 * The same for a stop. It may be done twice, and must not wait for a process that is gone any longer than for the requests
 * which that process left under way: the send lease.
 */
export const STOP_LEASE_MS = 2_000;
/** How long an answer is kept; docs/api.md says so. */
export const KEPT_HOURS = 24;

export interface IdempotencyPlace {
  readonly actor: string;
  readonly keyHash: Buffer;
}

export interface IdempotencyClaim extends IdempotencyPlace {
  readonly operation: string;
  readonly fingerprint: Buffer;
  /** The operation may be done again although it was done: it brings about a state and does not add to it. */
  readonly repeatable: boolean;
  /** Real ms. */
  readonly leaseMs: number;
}

export type Claimed =
  | { readonly kind: 'begun'; readonly fence: number }
  | { readonly kind: 'answered'; readonly sealed: Buffer }
  | { readonly kind: 'other_request' }
  /** Somebody is at it. @property retryAfterMs until their lease is over, if they do not renew it */
  | { readonly kind: 'running'; readonly retryAfterMs: number }
  /** It was done, and the process ended before the answer was kept. */
  | { readonly kind: 'answer_lost' };

/** Begin a request under its key, or learn what became of it. */
export async function claimIdempotencyKey(db: Statements, claim: IdempotencyClaim): Promise<Claimed> {
  const place = [db.tenantId, claim.actor, claim.keyHash];
  const begun = await db.prepared<{ fence: number }>(
    'idempotency_claim',
    `INSERT INTO idempotency_keys AS k (tenant_id, actor, key_hash, operation, fingerprint, fence, created_real,
                                        lease_until_real)
     VALUES ($1, $2, $3, $4, $5, 1, clock_timestamp(), clock_timestamp() + make_interval(secs => $6))
     ON CONFLICT (tenant_id, actor, key_hash) DO UPDATE
       SET operation = EXCLUDED.operation, fingerprint = EXCLUDED.fingerprint, fence = k.fence + 1,
           created_real = EXCLUDED.created_real, lease_until_real = EXCLUDED.lease_until_real,
           applied_real = NULL, answered_real = NULL, sealed_answer = NULL
       WHERE k.created_real < clock_timestamp() - make_interval(hours => $7)
          OR (k.answered_real IS NULL AND k.lease_until_real < clock_timestamp()
              AND k.fingerprint = EXCLUDED.fingerprint AND ($8 OR k.applied_real IS NULL))
     RETURNING fence`,
    [...place, claim.operation, claim.fingerprint, claim.leaseMs / 1_000, KEPT_HOURS, claim.repeatable],
  );
  if (begun[0] !== undefined) return { kind: 'begun', fence: begun[0].fence };
  const rows = await db.query<{
    fingerprint: Buffer;
    sealed: Buffer | null;
    applied: boolean;
    left_ms: number;
  }>(
    `SELECT fingerprint, sealed_answer AS sealed, applied_real IS NOT NULL AS applied,
            (extract(epoch FROM lease_until_real - clock_timestamp()) * 1000)::float8 AS left_ms
     FROM idempotency_keys WHERE tenant_id = $1 AND actor = $2 AND key_hash = $3`,
    place,
  );
  const known = rows[0];
  // Given free between the two statements: whoever had it was refused, and it may be begun anew.
  if (known === undefined) return { kind: 'running', retryAfterMs: 0 };
  if (!known.fingerprint.equals(claim.fingerprint)) return { kind: 'other_request' };
  if (known.sealed !== null) return { kind: 'answered', sealed: known.sealed };
  if (known.left_ms > 0) return { kind: 'running', retryAfterMs: known.left_ms };
  return known.applied ? { kind: 'answer_lost' } : { kind: 'running', retryAfterMs: 0 };
}

/**
 * In a transaction that did the work, as its last statement: note that it is done. A transaction that wrote nothing
 * notes nothing.
 * @returns `lost` where another has begun the request again in the meantime; then this one must not commit.
 */
export async function markApplied(
  tx: Statements,
  held: IdempotencyPlace & { readonly fence: number },
): Promise<'applied' | 'nothing_written' | 'lost'> {
  // Asked by itself: a transaction that may only read (db/snapshot.ts) refuses any statement that could write.
  const [state] = await tx.prepared<{ wrote: boolean }>(
    'idempotency_wrote',
    'SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS wrote',
    [],
  );
  if (!state!.wrote) return 'nothing_written';
  const marked = await tx.prepared(
    'idempotency_applied',
    `UPDATE idempotency_keys SET applied_real = clock_timestamp()
     WHERE tenant_id = $1 AND actor = $2 AND key_hash = $3 AND fence = $4 RETURNING 1 AS one`,
    [tx.tenantId, held.actor, held.keyHash, held.fence],
  );
  return marked.length > 0 ? 'applied' : 'lost';
}

export async function renewIdempotencyLease(
  db: Statements,
  held: IdempotencyPlace & { readonly fence: number },
  leaseMs: number,
): Promise<void> {
  await db.query(
    `UPDATE idempotency_keys SET lease_until_real = clock_timestamp() + make_interval(secs => $5)
     WHERE tenant_id = $1 AND actor = $2 AND key_hash = $3 AND fence = $4 AND answered_real IS NULL`,
    [db.tenantId, held.actor, held.keyHash, held.fence, leaseMs / 1_000],
  );
}

export async function keepAnswer(
  db: Statements,
  held: IdempotencyPlace & { readonly fence: number },
  sealed: Buffer,
): Promise<void> {
  await db.query(
    `UPDATE idempotency_keys SET answered_real = clock_timestamp(), sealed_answer = $5
     WHERE tenant_id = $1 AND actor = $2 AND key_hash = $3 AND fence = $4`,
    [db.tenantId, held.actor, held.keyHash, held.fence, sealed],
  );
}

/** The request did nothing: its key is free for another try at once; one that did something keeps it, its lease over. */
export async function releaseIdempotencyKey(
  db: Statements,
  held: IdempotencyPlace & { readonly fence: number },
): Promise<void> {
  await db.query(
    `WITH freed AS (
       DELETE FROM idempotency_keys
       WHERE tenant_id = $1 AND actor = $2 AND key_hash = $3 AND fence = $4 AND applied_real IS NULL RETURNING 1)
     UPDATE idempotency_keys SET lease_until_real = clock_timestamp()
     WHERE tenant_id = $1 AND actor = $2 AND key_hash = $3 AND fence = $4 AND applied_real IS NOT NULL`,
    [db.tenantId, held.actor, held.keyHash, held.fence],
  );
}

/** Remove what is older than a day, some at a time. @returns how many went */
export async function sweepIdempotencyKeys(db: Statements): Promise<number> {
  const rows = await db.query(
    `DELETE FROM idempotency_keys WHERE (tenant_id, actor, key_hash) IN (
       SELECT tenant_id, actor, key_hash FROM idempotency_keys
       WHERE tenant_id = $1 AND created_real < clock_timestamp() - make_interval(hours => $2)
       ORDER BY created_real LIMIT 1000)
     RETURNING 1`,
    [db.tenantId, KEPT_HOURS],
  );
  return rows.length;
}
