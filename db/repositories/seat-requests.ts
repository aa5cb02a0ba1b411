import { and, eq, sql } from 'drizzle-orm';
import type { PgUpdateSetSource } from 'drizzle-orm/pg-core';
import type { RequestableState, Shift } from '../../domain/agent.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { seats } from '../schema/index.ts';
import type { Reservation, SeatRow } from './seats.ts';

/** What agents and supervisors do with a seat; what calls do with it is in seats.ts. The caller holds the seat's row. */

export async function seatOf(tx: Tx, agentId: string): Promise<SeatRow | null> {
  const rows = await tx.orm
    .select()
    .from(seats)
    .where(and(eq(seats.tenantId, tx.tenantId), eq(seats.agentId, agentId)));
  return rows[0] ?? null;
}

/**
 * A seat that holds no contact goes where it was asked to. Who becomes ready stands at the end of those who wait.
 * @param request.sessionId the channel that speaks for the agent from now on
 */
export async function moveSeat(
  tx: Tx,
  seat: SeatRow,
  request: {
    readonly to: RequestableState;
    readonly reason: string | null;
    readonly sessionId: string | null;
    readonly at: EpochMs;
  },
): Promise<SeatRow> {
  const { to, at } = request;
  const isOffline = to === 'offline';
  return changed(tx, seat, {
    state: to,
    reason: request.reason,
    nextState: null,
    nextReason: null,
    sessionId: isOffline ? null : request.sessionId,
    beatReal: isOffline ? null : sql`clock_timestamp()`,
    ...(to === 'ready' ? { idleSince: at } : {}),
  });
}

/** Note what an engaged agent asked for; null takes it back. */
export async function noteNextState(
  tx: Tx,
  seat: SeatRow,
  next: { readonly state: RequestableState; readonly reason: string | null } | null,
  sessionId: string | null = seat.sessionId,
): Promise<SeatRow> {
  return changed(tx, seat, {
    nextState: next?.state ?? null,
    nextReason: next?.reason ?? null,
    sessionId,
  });
}

async function changed(tx: Tx, seat: SeatRow, change: PgUpdateSetSource<typeof seats>): Promise<SeatRow> {
  const rows = await tx.orm
    .update(seats)
    .set(change)
    .where(and(eq(seats.tenantId, tx.tenantId), eq(seats.agentId, seat.agentId)))
    .returning();
  return rows[0]!;
}

/** Why a seat that was lost in a call is offline after it; a beat takes it back. */
export const LOST = 'agent.lost';

/**
 * The agent's channel is alive. One that was given up during a call, and is heard of again, is not signed out after it.
 * @param sessionId null: whichever speaks for them
 * @returns false where nobody is signed in, or another session speaks for them.
 */
export async function beatSeat(tx: Statements, agentId: string, sessionId: string | null): Promise<boolean> {
  const rows = await tx.prepared(
    'seat_beat',
    `UPDATE seats SET beat_real = clock_timestamp(),
            next_state = CASE WHEN next_reason = '${LOST}' THEN NULL ELSE next_state END,
            next_reason = CASE WHEN next_reason = '${LOST}' THEN NULL ELSE next_reason END
     WHERE tenant_id = $1 AND agent_id = $2 AND state <> 'offline' AND ($3::uuid IS NULL OR session_id = $3)
     RETURNING 1 AS one`,
    [tx.tenantId, agentId, sessionId],
  );
  return rows.length > 0;
}

/** Keep this very seat for something, if it is free. @returns false when it is not ready, or asked to be let go. */
export async function reserveThisSeat(
  tx: Statements,
  agentId: string,
  reservation: Reservation,
): Promise<boolean> {
  const rows = await tx.prepared(
    'seat_reserve_this',
    `UPDATE seats SET state = 'reserved', reason = NULL, campaign_id = $3, contact_id = $4, attempt_id = $5,
            preview_id = $6, lease_until_real = clock_timestamp() + make_interval(secs => $7::float8 / 1000)
     WHERE tenant_id = $1 AND agent_id = $2 AND state = 'ready' AND next_state IS NULL RETURNING 1 AS one`,
    [
      tx.tenantId,
      agentId,
      reservation.campaignId,
      reservation.contactId,
      reservation.attemptId,
      reservation.previewId,
      reservation.leaseMs,
    ],
  );
  return rows.length > 0;
}

/** What the sweep of lost agents needs of each. */
export interface LostSeat {
  readonly agentId: string;
  /** Of the call it is reserved for; null: of none. */
  readonly personId: string | null;
}

/** Seats whose channel has been silent for too long, and that were not given up yet; longest silent first. */
export async function lostSeats(tx: Statements, lostMs: number, limit: number): Promise<LostSeat[]> {
  return tx.prepared<LostSeat>(
    'seats_lost',
    `SELECT s.agent_id AS "agentId", c.person_id AS "personId" FROM seats s
     LEFT JOIN contacts c ON c.tenant_id = s.tenant_id AND c.id = s.contact_id
     WHERE s.tenant_id = $1 AND s.state <> 'offline' AND s.next_state IS DISTINCT FROM 'offline'
       AND s.beat_real < clock_timestamp() - make_interval(secs => $2::float8 / 1000)
     ORDER BY s.beat_real LIMIT $3`,
    [tx.tenantId, lostMs, limit],
  );
}

/** Ready seats whose agents work in shifts. */
export async function readyInShifts(
  tx: Statements,
): Promise<{ readonly agentId: string; readonly zone: string; readonly shifts: readonly Shift[] }[]> {
  return tx.prepared(
    'seats_ready_in_shifts',
    `SELECT s.agent_id AS "agentId", a.zone, a.shifts FROM seats s
     JOIN agents a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id AND a.shifts IS NOT NULL
     WHERE s.tenant_id = $1 AND s.state = 'ready'`,
    [tx.tenantId],
  );
}

/** A ready seat of a shift that is over. @returns false when it was taken meanwhile. */
export async function endShift(tx: Statements, agentId: string, at: EpochMs): Promise<boolean> {
  const rows = await tx.prepared(
    'seat_end_shift',
    `UPDATE seats SET state = 'offline', reason = 'shift.over', session_id = NULL, beat_real = NULL,
            next_state = NULL, next_reason = NULL, idle_since = $3
     WHERE tenant_id = $1 AND agent_id = $2 AND state = 'ready' RETURNING 1 AS one`,
    [tx.tenantId, agentId, toIso(at)],
  );
  return rows.length > 0;
}

/** Calls of theirs that are over and not written down, other than the one their seat is at. */
export async function openWrapUps(tx: Statements, agentId: string): Promise<string[]> {
  const rows = await tx.prepared<{ attempt_id: string }>(
    'open_wrap_ups',
    `SELECT c.attempt_id FROM agent_calls c
     JOIN seats s ON s.tenant_id = c.tenant_id AND s.agent_id = c.agent_id
     WHERE c.tenant_id = $1 AND c.agent_id = $2 AND c.state = 'wrap_up'
       AND c.attempt_id IS DISTINCT FROM s.attempt_id
     ORDER BY c.ended_at`,
    [tx.tenantId, agentId],
  );
  return rows.map((row) => row.attempt_id);
}
