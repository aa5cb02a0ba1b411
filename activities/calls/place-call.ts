import { setTimeout as delay } from 'node:timers/promises';
import type { PlaceCallResult } from '../../domain/carrier.ts';
import type { Turns } from '../../domain/turns.ts';
import { HELD_BRIEFLY, lockPerson } from '../../db/locks.ts';
import { reach } from '../../domain/steps.ts';
import { countNearMiss } from '../../db/telemetry.ts';
import { markNotRung, markUnknown } from '../../db/repositories/attempts.ts';
import type { Tx } from '../../db/client.ts';
import { timeGate } from '../telemetry.ts';
import { nameAttempt, traceStep } from '../tracing.ts';
import { claimAttempt, type ClaimResult, type GateDeps } from './claim.ts';
import { QUARANTINE_MS, sendCall, type SendDeps } from './send.ts';
import { settleAttempt } from './settle.ts';

export interface PlaceCallInput {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly admission: number;
}

/** The call is up, or may be: its result will be told later, by workflow id and activity id. */
export const PENDING = { kind: 'pending' } as const;
export type PlaceCallOutcome = PlaceCallResult | typeof PENDING;

/** How often (real ms) an attempt that another holds is looked at again. */
const LOOK_AGAIN_MS = 100;

/**
 * Pass the gate for one admission of a contact and, if allowed, ring. Its start is idempotent: run again, after
 * whatever crash, it finds the attempt it made and never makes or sends another (I2).
 */
export async function placeCall(
  deps: GateDeps &
    SendDeps & {
      /** Places at the gate, at which tenants take turns; absent: as many as come. */
      readonly gate?: Turns;
    },
  input: PlaceCallInput,
): Promise<PlaceCallOutcome> {
  const pass = () =>
    timeGate(
      () => deps.db.inTenant(input.tenantId, (tx) => claimAttempt(tx, deps, input)),
      ({ kind }) => kind,
    );
  const claim = await traceStep(
    'gate',
    () => (deps.gate === undefined ? pass() : deps.gate.run(input.tenantId, pass)),
    (result) => {
      const attemptId = attemptOf(result);
      const outcome = { 'rightcall.gate.result': result.kind };
      return attemptId === null ? outcome : { ...outcome, 'rightcall.attempt': attemptId };
    },
  );
  const attemptId = attemptOf(claim);
  if (attemptId !== null) nameAttempt(attemptId);
  switch (claim.kind) {
    case 'closed':
      return claim.result;
    case 'permit': {
      await reach('claim.committed', claim.permit.attemptId);
      const sent = await sendCall(deps, input.tenantId, claim.permit);
      return sent.kind === 'not_rung' ? resultOf(deps, input.tenantId, claim.permit.attemptId) : PENDING;
    }
    case 'offered':
      return PENDING;
    case 'existing':
      countNearMiss('place_call_repeated');
      return rejoin(deps, input.tenantId, claim.attemptId);
  }
}

function attemptOf(claim: ClaimResult): string | null {
  switch (claim.kind) {
    case 'permit':
      return claim.permit.attemptId;
    case 'existing':
      return claim.attemptId;
    case 'closed':
    case 'offered':
      return null;
  }
}

/** Take up an attempt that an earlier run made: wait out whoever may still hold it, then go by its row. */
async function rejoin(deps: SendDeps, tenantId: string, attemptId: string): Promise<PlaceCallOutcome> {
  for (;;) {
    const state = await deps.db.inTenant(tenantId, (tx) => expire(tx, deps, attemptId));
    if (state !== 'held') await reach('expire.committed', attemptId);
    if (state === 'held') await delay(LOOK_AGAIN_MS);
    else if (state === 'over') return resultOf(deps, tenantId, attemptId);
    else return PENDING;
  }
}

/**
 * Past its lease, a `claimed` attempt is abandoned (the late worker's compare-and-set will fail) and a `sending` one
 * is unknown (only the carrier can say).
 */
export async function expire(
  tx: Tx,
  deps: Pick<SendDeps, 'clock'>,
  attemptId: string,
): Promise<'held' | 'over' | 'pending'> {
  const rows = await tx.query<{ state: string; held: boolean }>(
    `SELECT state, lease_until_real > clock_timestamp() AS held, ${HELD_BRIEFLY} FROM attempts
     WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE`,
    [tx.tenantId, attemptId],
  );
  const row = rows[0];
  const now = deps.clock.now();
  switch (row?.state) {
    case 'claimed':
      if (row.held) return 'held';
      if (await markNotRung(tx, attemptId, 'claimed', 'abandoned', 'lease.expired', now))
        countNearMiss('lease_expired');
      await reach('expire.commit', attemptId);
      return 'over';
    case 'sending':
      if (row.held) return 'held';
      if (await markUnknown(tx, attemptId, 'send.lease_expired', now, now + QUARANTINE_MS))
        countNearMiss('send_lease_expired');
      await reach('expire.commit', attemptId);
      return 'pending';
    case 'sent':
    case 'unknown':
      return 'pending';
    default:
      return 'over';
  }
}

/** The settled result of an attempt that is over; settles it if nobody has. */
async function resultOf(deps: SendDeps, tenantId: string, attemptId: string): Promise<PlaceCallOutcome> {
  return deps.db.inTenant(tenantId, async (tx) => {
    const rows = await tx.query<{ person_id: string }>(
      'SELECT person_id FROM attempts WHERE tenant_id = $1 AND id = $2',
      [tenantId, attemptId],
    );
    await lockPerson(tx, rows[0]!.person_id);
    const result = await settleAttempt(tx, deps.clock, attemptId);
    if (result === null) return PENDING;
    // The running activity itself tells the workflow; if it dies before, it is run again and comes here once more.
    await tx.query(
      'UPDATE attempts SET reported_real = coalesce(reported_real, clock_timestamp()) WHERE tenant_id = $1 AND id = $2',
      [tenantId, attemptId],
    );
    return result;
  });
}
