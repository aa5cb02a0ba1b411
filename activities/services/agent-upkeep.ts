import type { Clock } from '../../domain/clock.ts';
import { DAY_MS } from '../../domain/time.ts';
import type { AttemptState } from '../../domain/vocabulary.ts';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import {
  neverWritten,
  overdueSeats,
  seatsOverLimit,
  writtenCalls,
  type OverdueSeat,
} from '../../db/repositories/agent-call-queues.ts';
import { previewById } from '../../db/repositories/preview-answers.ts';
import { lockSeat, seatFreed } from '../../db/repositories/seats.ts';
import { takeWaiting } from '../../db/repositories/waiting-calls.ts';
import { closeUnwritten, endWrapUp } from '../agents/wrap-up-limit.ts';
import { settleAttempt } from '../calls/settle.ts';
import { countRepair } from '../telemetry.ts';

interface UpkeepDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** Looked at in one round. */
const BATCH = 50;
/**
 * How long (engine clock) after its end a call waits to be written down. A day: whoever went home without it has been back
 * by then, and no contact waits for longer (I10).
 */
const WRITTEN_WITHIN_MS = DAY_MS;
/** Real ms for which a seat is kept on where what it is kept for goes on. */
const LEASE_AGAIN_MS = 30_000;

/** Draw the consequence of calls that were written down; a written call's contact goes on at once. */
export async function settleWritten({ db, clock }: UpkeepDeps, tenantId: string): Promise<boolean> {
  const written = await db.single(tenantId, (tx) => writtenCalls(tx, BATCH));
  for (const { attemptId, personId } of written) {
    await db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, personId);
      if ((await settleAttempt(tx, clock, attemptId)) !== null) await notifyWork(tx);
    });
  }
  return written.length === BATCH;
}

/** End wrap-ups whose time is over, and close what nobody wrote down. */
export async function endLateWrapUps({ db, clock }: UpkeepDeps, tenantId: string): Promise<boolean> {
  const late = await db.single(tenantId, (tx) => seatsOverLimit(tx, clock.now(), BATCH));
  for (const { agentId, attemptId, personId } of late) {
    await db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, personId);
      if (!(await endWrapUp(tx, clock, { agentId, attemptId }))) return;
      await settleAttempt(tx, clock, attemptId);
      await notifyWork(tx);
    });
  }
  const never = await db.single(tenantId, (tx) => neverWritten(tx, clock.now() - WRITTEN_WITHIN_MS, BATCH));
  for (const { attemptId, personId } of never) {
    await db.inTenant(tenantId, async (tx) => {
      await lockPerson(tx, personId);
      if (await closeUnwritten(tx, attemptId, clock)) await settleAttempt(tx, clock, attemptId);
    });
  }
  return late.length === BATCH;
}

/**
 * Seats that were kept for longer than what they were kept for should take. Where it is over, or was never there, they are
 * freed: whatever crashed in between, no agent stays kept for nothing (I10). Where it goes on they are kept on.
 */
export async function freeOverdueSeats({ db, clock }: UpkeepDeps, tenantId: string): Promise<boolean> {
  const overdue = await db.single(tenantId, (tx) => overdueSeats(tx, BATCH));
  for (const seat of overdue) {
    if (await db.inTenant(tenantId, (tx) => freeOne(tx, clock, seat))) countRepair('seat_freed');
  }
  return overdue.length === BATCH;
}

async function freeOne(tx: Tx, clock: Clock, of: OverdueSeat): Promise<boolean> {
  if (of.personId !== null) await lockPerson(tx, of.personId);
  const { agentId, attemptId, previewId } = of;
  const seat = await lockSeat(tx, agentId);
  const isSame = seat?.state === 'reserved' && seat.attemptId === attemptId && seat.previewId === previewId;
  if (!isSame) return false;
  if (await goesOn(tx, of)) {
    await tx.prepared(
      'seat_kept_on',
      `UPDATE seats SET lease_until_real = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
       WHERE tenant_id = $1 AND agent_id = $2`,
      [tx.tenantId, agentId, LEASE_AGAIN_MS],
    );
    return false;
  }
  const key = attemptId === null ? { agentId, previewId: previewId! } : { agentId, attemptId };
  await seatFreed(tx, key, { worked: false, at: clock.now() });
  if (seat.nextState === null) await takeWaiting(tx, clock, agentId);
  await notifyWork(tx);
  return true;
}

const UNDER_WAY: readonly AttemptState[] = ['claimed', 'sending', 'sent', 'unknown'];

/** Whether what a seat is kept for is still to come: its call rings or is being joined with them, its preview is open. */
async function goesOn(tx: Tx, { agentId, attemptId, previewId }: OverdueSeat): Promise<boolean> {
  if (attemptId === null) {
    const preview = previewId === null ? null : await previewById(tx, previewId);
    return preview?.agentId === agentId && (preview.state === 'offered' || preview.state === 'accepted');
  }
  const [call] = await tx.prepared<{ state: AttemptState }>(
    'seat_call',
    `SELECT a.state FROM agent_calls g JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
     WHERE g.tenant_id = $1 AND g.attempt_id = $2 AND g.agent_id = $3 AND g.state IN ('reserved', 'connecting')`,
    [tx.tenantId, attemptId, agentId],
  );
  return call !== undefined && UNDER_WAY.includes(call.state);
}
