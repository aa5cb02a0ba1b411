import { setTimeout as delay } from 'node:timers/promises';
import { toIso } from '../domain/time.ts';
import type { AttemptKey } from './attempt-trace.ts';
import type { Database, Tx } from './client.ts';

/** What is to be stopped, and on whose word. */
export interface StopRequest {
  readonly tenantId: string;
  readonly kind: 'withdrawal' | 'suppression' | 'pause' | 'stop' | 'kill';
  /** `all`: the tenant's part of a stop of the whole installation (db/stop-everything.ts). */
  readonly scope: 'person' | 'number' | 'contact' | 'campaign' | 'carrier' | 'tenant' | 'all';
  /** Person, contact, campaign, carrier or tenant by scope; for `number` the person it belongs to, if any is known. */
  readonly targetId: string | null;
  /** For scope `number`: the number's keyed hash. */
  readonly numberHash?: Buffer;
  readonly by: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** When it was asked for (real), where that was before now. */
  readonly requestedReal?: number;
  /** A call of the scope that goes on: the person who said stop is on it. */
  readonly exceptAttemptId?: string;
}

/** What a stop does to the attempts of its scope, and how it sees that the scope is quiet. */
export type ScopeOf = Pick<StopRequest, 'scope' | 'targetId' | 'numberHash'>;

/**
 * How long (real ms) an acknowledgement waits for ringing calls to be hung up, as long as a send's lease: where no worker
 * lives to do it, the answer still comes within 3 s.
 */
const HANGUP_WAIT_MS = 2_000;
const POLL_MS = 15;
/** Hang-ups of so long (real ms) before the stop count as its own: an overlapping stop may have asked for them first. */
const HANGUPS_COUNTED_MS = 60_000;

/** SQL that picks the scope's attempts; `$2` is its value. */
function scopeCondition(request: ScopeOf): { sql: string; value: unknown } {
  switch (request.scope) {
    case 'tenant':
    case 'all':
      return WHOLE_TENANT;
    case 'campaign':
      return { sql: 'campaign_id = $2', value: request.targetId };
    case 'carrier':
      return { sql: 'carrier_id = $2', value: request.targetId };
    case 'person':
      return { sql: 'person_id = $2', value: request.targetId };
    case 'contact':
      return { sql: 'contact_id = $2', value: request.targetId };
    case 'number':
      // Whoever is called at another of their numbers is meant as well: a do-not-call entry for one binds them all.
      return request.targetId === null
        ? { sql: 'number_hash = $2', value: request.numberHash }
        : { sql: 'person_id = $2', value: request.targetId };
  }
}

/** Take back the permits of a scope that were not used yet. @returns how many */
async function revokeClaimed(
  tx: Tx,
  scope: { readonly sql: string; readonly value: unknown },
  at: number,
  reason: string,
): Promise<number> {
  const rows = await tx.query(
    `UPDATE attempts SET state = 'revoked', fence = fence + 1, ended_at = $3, reason = $4
     WHERE tenant_id = $1 AND ${scope.sql} AND reported_real IS NULL AND state = 'claimed' RETURNING id`,
    [tx.tenantId, scope.value, toIso(at), reason],
  );
  return rows.length;
}

const WHOLE_TENANT = { sql: '$2::text IS NULL', value: null } as const;

type AttemptInFlight = AttemptKey & { readonly id: string };

/** What a stop found in its scope. */
export interface Taken {
  readonly revoked: number;
  readonly inFlight: number;
  /** Those in flight. */
  readonly attempts: readonly AttemptInFlight[];
}

/** Take back the permits of a stop's scope, and mark what is on its way to be hung up. */
export async function takeBack(tx: Tx, request: StopRequest, at: number): Promise<Taken> {
  const scope = scopeCondition(request);
  const what = request.scope === 'all' ? 'everything' : `the ${request.scope}`;
  const revoked = await revokeClaimed(tx, scope, at, `${request.kind} of ${what}`);
  const attempts = await tx.query<AttemptInFlight>(
    `UPDATE attempts SET hangup_requested_real = coalesce(hangup_requested_real, clock_timestamp())
     WHERE tenant_id = $1 AND ${scope.sql} AND reported_real IS NULL AND state IN ('sending', 'sent', 'unknown')
       AND id IS DISTINCT FROM $3
     RETURNING id, tenant_id AS "tenantId", contact_id AS "contactId", admission`,
    [tx.tenantId, scope.value, request.exceptAttemptId ?? null],
  );
  return { revoked, inFlight: attempts.length, attempts };
}

/**
 * Wait until nothing in scope is being sent (its lease bounds that, whoever holds it), and, for a bounded time, until
 * what was ringing is down. An answered call is left to end by itself: a person is talking. What became of a request
 * whose answer was lost only the carrier can say: it is not waited for, and the scope is not called complete.
 */
export async function untilQuiet(
  db: Database,
  request: StopRequest,
  committedReal: number,
): Promise<{ hungUp: number; complete: boolean; waited: boolean }> {
  let waited = false;
  for (;;) {
    const { sending, ringing, uncertain, hungUp } = await db.inTenant(request.tenantId, (tx) =>
      lookAtScope(tx, request, committedReal),
    );
    waited ||= sending > 0;
    if (sending === 0 && ringing === 0) return { hungUp, complete: uncertain === 0, waited };
    if (sending === 0 && Date.now() - committedReal > HANGUP_WAIT_MS) {
      return { hungUp, complete: false, waited };
    }
    await delay(POLL_MS);
  }
}

export interface ScopeNow {
  /**
   * Requests on their way, within their lease; also those whose answer is not waited for any more: what was given up by
   * its sender may still reach the carrier.
   */
  readonly sending: number;
  /** Calls that ring and are to be hung up. */
  readonly ringing: number;
  /** Requests of which nobody but the carrier knows whether a phone rings. */
  readonly uncertain: number;
  readonly hungUp: number;
}

/** How the attempts stand that a stop marked to be hung up. */
export async function lookAtScope(tx: Tx, request: ScopeOf, committedReal: number): Promise<ScopeNow> {
  const scope = scopeCondition(request);
  const rows = await tx.query<ScopeNow>(
    `SELECT count(*) FILTER (WHERE a.state IN ('sending', 'unknown') AND a.lease_until_real > clock_timestamp()) AS sending,
            count(*) FILTER (WHERE a.state = 'sent' AND a.hangup_done_real IS NULL
                               AND c.answered_at IS NULL AND c.ended_at IS NULL) AS ringing,
            count(*) FILTER (WHERE a.state IN ('sending', 'unknown') AND a.lease_until_real <= clock_timestamp()) AS uncertain,
            count(*) FILTER (WHERE a.hangup_done_real IS NOT NULL) AS "hungUp"
     FROM attempts a LEFT JOIN calls c ON c.tenant_id = a.tenant_id AND c.attempt_id = a.id
     WHERE a.tenant_id = $1 AND ${scope.sql.replace(/^(\w+_\w+) =/, 'a.$1 =')}
       AND a.hangup_requested_real IS NOT NULL AND (a.reported_real IS NULL OR a.hangup_done_real >= $3)`,
    [tx.tenantId, scope.value, toIso(committedReal - HANGUPS_COUNTED_MS)],
  );
  return rows[0]!;
}

/**
 * Take back every permit of the tenant that was not used yet, because what it was decided by holds no more. No stop:
 * contacts are decided about anew. Under the exclusive side of the tenant's lock, which the caller holds, none is made
 * meanwhile. @returns how many
 */
export async function revokePermits(tx: Tx, at: number, reason: string): Promise<number> {
  return revokeClaimed(tx, WHOLE_TENANT, at, reason);
}

/** Wait until no request of the tenant that left before this is still on its way; its lease bounds that. */
export async function untilNothingLeaves(db: Database, tenantId: string): Promise<void> {
  let before: string | null = null;
  for (;;) {
    const [row] = await db.single(tenantId, (statements) =>
      statements.query<{ sending: number; now: number }>(
        `SELECT count(*) AS sending, clock_timestamp() AS now FROM attempts
         WHERE tenant_id = $1 AND reported_real IS NULL AND state IN ('sending', 'unknown')
           AND lease_until_real > clock_timestamp() AND claimed_real <= coalesce($2::timestamptz, clock_timestamp())`,
        [tenantId, before],
      ),
    );
    if (row!.sending === 0) return;
    before ??= toIso(row!.now);
    await delay(POLL_MS);
  }
}
