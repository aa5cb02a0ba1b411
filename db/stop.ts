import { toIso } from '../domain/time.ts';
import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../domain/clock.ts';
import { reach } from '../domain/steps.ts';
import { RightcallError } from '../domain/failures.ts';
import type { Database, Tx } from './client.ts';
import { lockExclusive, lockPerson } from './locks.ts';
import { notifyWork } from './notify.ts';
import { takeBack, untilQuiet, type StopRequest, type Taken } from './stop-scope.ts';
import { recordStop } from './telemetry.ts';

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

/**
 * Stop means stop (I3). A withdrawal, suppression, pause, stop or kill takes the exclusive side of its scope's
 * lock, becomes binding, revokes the permits that have not been used, and is acknowledged only when nothing in its
 * scope can be sent any more: requests already on their way are waited for (at most their lease), and what rings is
 * hung up.
 *
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
  return (await beginStop(db, clock, request, change)).acknowledged();
}

/** A stop that binds, and whose scope need not be quiet yet. */
export interface BoundStop {
  /** Resolves when its scope is quiet and that is on record. */
  acknowledged(): Promise<StopAck>;
}

/** The first half of `stopDialling`: resolves when the stop binds. */
export async function beginStop(
  db: Database,
  clock: Clock,
  request: StopRequest,
  change: (tx: Tx) => Promise<void>,
): Promise<BoundStop> {
  const asked = { ...request, requestedReal: request.requestedReal ?? Date.now() };
  const bound = await db.inTenant(request.tenantId, async (tx) => ({
    ...(await bindStop(tx, clock, asked, change)),
    committedReal: Date.now(),
  }));
  await reach('stop.committed', bound.stopId);
  return {
    acknowledged: async () => {
      const quiet =
        bound.inFlight === 0
          ? { hungUp: 0, complete: true, waited: false }
          : await untilQuiet(db, request, bound.committedReal);
      await reach('stop.quiet', bound.stopId);
      const acknowledgedReal = Date.now();
      await db.inTenant(request.tenantId, (tx) => acknowledge(tx, bound.stopId, acknowledgedReal, quiet));
      await reach('stop.acknowledged', bound.stopId);
      const { stopId, revoked, inFlight, committedReal, attempts } = bound;
      const { hungUp, complete, waited } = quiet;
      const ack: StopAck = { stopId, revoked, inFlight, hungUp, committedReal, acknowledgedReal, complete };
      const { tenantId, kind, scope, requestedReal } = asked;
      recordStop({ ...ack, tenantId, kind, scope, requestedReal, waited, attempts });
      return ack;
    },
  };
}

/**
 * The same within a transaction that does more beside, where nothing of the scope should be on its way, such as at the
 * end of a person's call while their row is held: it binds with the commit, and waits for nothing. What is on its way
 * all the same is hung up, and the stop acknowledged later (activities/services/open-stops.ts).
 */
export async function stopWithin(
  tx: Tx,
  clock: Clock,
  request: StopRequest,
  change: (tx: Tx) => Promise<void>,
): Promise<void> {
  const asked = { ...request, requestedReal: request.requestedReal ?? Date.now() };
  const { stopId, inFlight } = await bindStop(tx, clock, asked, change);
  if (inFlight === 0) await acknowledge(tx, stopId, Date.now(), { hungUp: 0, complete: true });
}

async function bindStop(
  tx: Tx,
  clock: Clock,
  request: StopRequest & { readonly requestedReal: number },
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
      toIso(request.requestedReal),
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

/** Write down that the scope is quiet; one that is acknowledged stays as it was. */
export async function acknowledge(
  tx: Tx,
  stopId: string,
  atReal: number,
  quiet: { readonly hungUp: number; readonly complete: boolean },
): Promise<void> {
  await tx.query(
    `UPDATE stop_requests SET acknowledged_real = greatest(committed_real, $3::timestamptz), hung_up = $4, complete = $5
     WHERE tenant_id = $1 AND id = $2 AND acknowledged_real IS NULL`,
    [tx.tenantId, stopId, toIso(atReal), quiet.hungUp, quiet.complete],
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
    case 'all':
      // The installation's lock was taken, and what binds committed, before any tenant's part of it.
      return;
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
