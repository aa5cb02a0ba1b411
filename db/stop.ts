import { toIso } from '../domain/time.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../domain/clock.ts';
import { reach } from '../domain/steps.ts';
import { RightcallError } from '../domain/failures.ts';
import type { Database, Tx } from './client.ts';
import type { AttemptKey } from './attempt-trace.ts';
import { lockExclusive, lockPerson } from './locks.ts';
import { notifyWork } from './notify.ts';
import { recordStop } from './telemetry.ts';

/**
 * Stop means stop (I3). A withdrawal, suppression, pause, stop or kill takes the exclusive side of its scope's
 * lock, becomes binding, revokes the permits that have not been used, and is acknowledged only when nothing in its
 * scope can be sent any more: requests already on their way are waited for (at most their lease), and what rings is
 * hung up.
 */
export interface StopRequest {
  readonly tenantId: string;
  readonly kind: 'withdrawal' | 'suppression' | 'pause' | 'stop' | 'kill';
  readonly scope: 'person' | 'number' | 'contact' | 'campaign' | 'carrier' | 'tenant';
  /** Person, contact, campaign, carrier or tenant by scope; for `number` the person it belongs to, if any is known. */
  readonly targetId: string | null;
  /** For scope `number`: the number's keyed hash. */
  readonly numberHash?: Buffer;
  readonly by: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface StopAck {
  readonly stopId: string;
  /** Permits taken back before they were used. */
  readonly revoked: number;
  /** Attempts in scope that had reached, or may have reached, the carrier when the stop became binding. */
  readonly inFlight: number;
  /** Of these, calls that were ringing and have been hung up. */
  readonly hungUp: number;
  readonly committedReal: number;
  readonly acknowledgedReal: number;
  /** False when a hang-up could not be confirmed within the bound; sending had ended all the same. */
  readonly complete: boolean;
}

/** How long (real ms) an acknowledgement waits for ringing calls to be hung up; sends are bounded by their lease. */
const HANGUP_WAIT_MS = 2_500;
const POLL_MS = 15;

/**
 * @param change makes the stop binding, in the same transaction and under the locks: insert the withdrawal or the
 * suppression, set the campaign's status. What it writes is true before any permit is taken back.
 * @returns when the scope is quiet.
 */
export async function stopDialling(
  db: Database,
  clock: Clock,
  request: StopRequest,
  change: (tx: Tx) => Promise<void>,
): Promise<StopAck> {
  const requestedReal = Date.now();
  const bound = await db.inTenant(request.tenantId, async (tx) => ({
    ...(await bindStop(tx, clock, request, requestedReal, change)),
    committedReal: Date.now(),
  }));
  await reach('stop.committed', bound.stopId);
  const quiet =
    bound.inFlight === 0
      ? { hungUp: 0, complete: true, waited: false }
      : await untilQuiet(db, request, bound.committedReal);
  await reach('stop.quiet', bound.stopId);
  const acknowledgedReal = Date.now();
  await db.inTenant(request.tenantId, (tx) => acknowledge(tx, bound.stopId, acknowledgedReal));
  await reach('stop.acknowledged', bound.stopId);
  const ack: StopAck = {
    stopId: bound.stopId,
    revoked: bound.revoked,
    inFlight: bound.inFlight,
    hungUp: quiet.hungUp,
    committedReal: bound.committedReal,
    acknowledgedReal,
    complete: quiet.complete,
  };
  const { tenantId, kind, scope } = request;
  const { attempts } = bound;
  recordStop({ ...ack, tenantId, kind, scope, requestedReal, waited: quiet.waited, attempts });
  return ack;
}

/**
 * The same within a transaction that does more beside, where nothing of the scope should be on its way, such as at the
 * end of a person's call while their row is held: it binds with the commit, and waits for nothing. What is on its way
 * all the same is hung up; the stop is acknowledged only where there is none.
 */
export async function stopWithin(
  tx: Tx,
  clock: Clock,
  request: StopRequest,
  change: (tx: Tx) => Promise<void>,
): Promise<void> {
  const { stopId, inFlight } = await bindStop(tx, clock, request, Date.now(), change);
  if (inFlight === 0) await acknowledge(tx, stopId, Date.now());
}

async function bindStop(
  tx: Tx,
  clock: Clock,
  request: StopRequest,
  requestedReal: number,
  change: (tx: Tx) => Promise<void>,
): Promise<{ stopId: string } & Taken> {
  const stopId = uuidv7();
  await lockScope(tx, request);
  await change(tx);
  const taken = await takeBack(tx, request, clock.now());
  await tx.query(
    `INSERT INTO stop_requests (tenant_id, id, kind, scope, target_id, at, requested_real, committed_real, revoked,
                                in_flight, requested_by, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp(), $8, $9, $10, $11)`,
    [
      request.tenantId,
      stopId,
      request.kind,
      request.scope,
      request.targetId,
      toIso(clock.now()),
      toIso(requestedReal),
      taken.revoked,
      taken.inFlight,
      request.by,
      JSON.stringify({
        ...request.detail,
        ...(request.numberHash === undefined ? {} : { numberHash: request.numberHash.toString('hex') }),
      }),
    ],
  );
  if (taken.revoked + taken.inFlight > 0) await notifyWork(tx);
  await reach('stop.commit', stopId);
  return { stopId, ...taken };
}

async function acknowledge(tx: Tx, stopId: string, atReal: number): Promise<void> {
  await tx.query(
    `UPDATE stop_requests SET acknowledged_real = greatest(committed_real, $3::timestamptz)
     WHERE tenant_id = $1 AND id = $2`,
    [tx.tenantId, stopId, toIso(atReal)],
  );
}

/**
 * Note that a campaign's or a carrier's pauses no longer bind, in the transaction that resumes it: what is sent from now
 * on is not against them, and the audit can tell.
 */
export async function liftPauses(
  tx: Tx,
  targetId: string,
  scope: 'campaign' | 'carrier' = 'campaign',
): Promise<void> {
  await tx.query(
    `UPDATE stop_requests
     SET detail = detail || jsonb_build_object('liftedReal', round(extract(epoch FROM clock_timestamp()) * 1000))
     WHERE tenant_id = $1 AND scope = $3 AND target_id = $2 AND kind = 'pause' AND NOT detail ? 'liftedReal'`,
    [tx.tenantId, targetId, scope],
  );
}

async function lockScope(tx: Tx, request: StopRequest): Promise<void> {
  switch (request.scope) {
    case 'tenant':
      return lockExclusive(tx, 'tenant', tx.tenantId);
    case 'campaign':
      return lockExclusive(tx, 'campaign', required(request.targetId, 'campaign'));
    case 'carrier':
      return lockExclusive(tx, 'carrier', required(request.targetId, 'carrier'));
    case 'person':
      return lockPerson(tx, required(request.targetId, 'person'));
    case 'number': {
      await lockExclusive(tx, 'number', required(request.numberHash, 'number').toString('hex'));
      if (request.targetId !== null) await lockPerson(tx, request.targetId);
      return;
    }
    case 'contact': {
      const rows = await tx.query<{ person_id: string }>(
        'SELECT person_id FROM contacts WHERE tenant_id = $1 AND id = $2',
        [tx.tenantId, required(request.targetId, 'contact')],
      );
      if (rows[0] === undefined) throw new RightcallError('not_found', 'the contact was not found');
      return lockPerson(tx, rows[0].person_id);
    }
  }
}

function required<T>(value: T | null | undefined, scope: string): T {
  if (value === null || value === undefined)
    throw new RightcallError('internal', `a stop of a ${scope} names none`);
  return value;
}

/** SQL that picks the scope's attempts; `$2` is its value. */
function scopeCondition(request: StopRequest): { sql: string; value: unknown } {
  switch (request.scope) {
    case 'tenant':
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
      return { sql: 'number_hash = $2', value: request.numberHash };
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
         WHERE tenant_id = $1 AND reported_real IS NULL AND state = 'sending' AND lease_until_real > clock_timestamp()
           AND claimed_real <= coalesce($2::timestamptz, clock_timestamp())`,
        [tenantId, before],
      ),
    );
    if (row!.sending === 0) return;
    before ??= toIso(row!.now);
    await delay(POLL_MS);
  }
}

type AttemptInFlight = AttemptKey & { readonly id: string };

/** What a stop found in its scope. */
interface Taken {
  readonly revoked: number;
  readonly inFlight: number;
  /** Those in flight. */
  readonly attempts: readonly AttemptInFlight[];
}

async function takeBack(tx: Tx, request: StopRequest, at: number): Promise<Taken> {
  const scope = scopeCondition(request);
  const revoked = await revokeClaimed(tx, scope, at, `${request.kind} of the ${request.scope}`);
  const attempts = await tx.query<AttemptInFlight>(
    `UPDATE attempts SET hangup_requested_real = coalesce(hangup_requested_real, clock_timestamp())
     WHERE tenant_id = $1 AND ${scope.sql} AND reported_real IS NULL AND state IN ('sending', 'sent', 'unknown')
     RETURNING id, tenant_id AS "tenantId", contact_id AS "contactId", admission`,
    [tx.tenantId, scope.value],
  );
  return { revoked, inFlight: attempts.length, attempts };
}

/**
 * Wait until nothing in scope is being sent (its lease bounds that, whoever holds it), and, for a bounded time, until
 * what was ringing is down. An answered call is left to end by itself: a person is talking.
 */
async function untilQuiet(
  db: Database,
  request: StopRequest,
  committedReal: number,
): Promise<{ hungUp: number; complete: boolean; waited: boolean }> {
  const scope = scopeCondition(request);
  let waited = false;
  for (;;) {
    const rows = await db.inTenant(request.tenantId, (tx) =>
      tx.query<{ sending: number; ringing: number; hung_up: number }>(
        `SELECT count(*) FILTER (WHERE a.state = 'sending' AND a.lease_until_real > clock_timestamp()) AS sending,
                count(*) FILTER (WHERE a.state = 'sent' AND a.hangup_done_real IS NULL
                                   AND c.answered_at IS NULL AND c.ended_at IS NULL) AS ringing,
                count(*) FILTER (WHERE a.hangup_done_real IS NOT NULL) AS hung_up
         FROM attempts a LEFT JOIN calls c ON c.tenant_id = a.tenant_id AND c.attempt_id = a.id
         WHERE a.tenant_id = $1 AND ${scope.sql.replace(/^(\w+_\w+) =/, 'a.$1 =')}
           AND a.hangup_requested_real IS NOT NULL AND (a.reported_real IS NULL OR a.hangup_done_real >= $3)`,
        [request.tenantId, scope.value, toIso(committedReal - 60_000)],
      ),
    );
    const { sending, ringing, hung_up: hungUp } = rows[0]!;
    waited ||= sending > 0;
    if (sending === 0 && ringing === 0) return { hungUp, complete: true, waited };
    if (sending === 0 && Date.now() - committedReal > HANGUP_WAIT_MS)
      return { hungUp, complete: false, waited };
    await delay(POLL_MS);
  }
}
