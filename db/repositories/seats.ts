import { and, eq } from 'drizzle-orm';
import type { AgentDemand, NoAgentReason, RequestableState } from '../../domain/agent.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { seats } from '../schema/index.ts';

/**
 * Seats: what agents are doing, moved here by calls, and in seat-requests.ts by whoever asks for it. Each move is one statement with a compare-and-set on what the
 * seat was, so that of two who move it one finds it moved. A seat's row is locked after the person's (db/locks.ts), never
 * before: whoever holds a seat does not wait for a person.
 */

export type SeatRow = typeof seats.$inferSelect;

/** A seat that was taken for a call or a preview. */
export interface ReservedSeat {
  readonly agentId: string;
  readonly teamId: string;
  readonly fence: number;
}

/** What a seat is reserved for. */
export interface Reservation {
  readonly campaignId: string;
  readonly contactId: string;
  /** Null while a contact is shown before it is called. */
  readonly attemptId: string | null;
  readonly previewId: string | null;
  /** Real ms for which it is kept if nothing is heard; the sweep then looks after it. */
  readonly leaseMs: number;
}

const READY = `s.state = 'ready' AND s.next_state IS NULL`;
/** SQL: agent `a` of team `t` fits the calls of campaign `k`. */
export const FITS_CAMPAIGN = `k.definition->'agents'->'teams' ? t.name
       AND NOT EXISTS (SELECT FROM jsonb_each_text(k.definition->'agents'->'skills') n
                       WHERE coalesce((a.skills->>n.key)::int, 0) < n.value::int)
       AND (jsonb_array_length(k.definition->'agents'->'languages') = 0
            OR k.definition->'agents'->'languages' ?| a.languages)`;
/** SQL: seat `s` of agent `a` fits a demand, whose teams, skills and languages are $2, $3 and $4. */
export const FITS = `a.enabled AND s.team_id = ANY ($2::uuid[])
  AND NOT EXISTS (SELECT FROM jsonb_each_text($3::jsonb) w WHERE coalesce((a.skills->>w.key)::int, 0) < w.value::int)
  AND ($4::text[] = '{}' OR a.languages && $4::text[])`;

/**
 * Take the best free seat for a call: preferred agents first, then whoever has been idle longest: from an index in that
 * order (seats_ready), so that no more seats are looked at than it takes to find one that fits; `OFFSET 0` has each one's
 * agent looked up as it is come to, where the planner would read all agents for every call. Seats that another transaction
 * is taking are passed over (SKIP LOCKED), so that assignments never wait for each other.
 * @returns null when none is free that fits.
 */
export async function reserveSeat(
  tx: Tx,
  demand: AgentDemand,
  reservation: Reservation,
): Promise<ReservedSeat | null> {
  const rows = await tx.prepared<{ agent_id: string; team_id: string; fence: number }>(
    'seat_reserve',
    `WITH preferred AS MATERIALIZED (
       SELECT s.tenant_id, s.agent_id FROM seats s JOIN agents a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id
       WHERE s.tenant_id = $1 AND s.agent_id = ANY ($5::uuid[]) AND ${READY} AND ${FITS}
       ORDER BY array_position($5::uuid[], s.agent_id) LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED),
     longest AS MATERIALIZED (
       SELECT s.tenant_id, s.agent_id FROM seats s
       CROSS JOIN LATERAL (SELECT * FROM agents b WHERE b.tenant_id = s.tenant_id AND b.id = s.agent_id OFFSET 0) a
       WHERE s.tenant_id = $1 AND NOT $11::boolean AND NOT EXISTS (SELECT FROM preferred) AND ${READY} AND ${FITS}
       ORDER BY s.idle_since, s.agent_id LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED),
     free AS (SELECT * FROM preferred UNION ALL SELECT * FROM longest)
     UPDATE seats s SET state = 'reserved', reason = NULL, campaign_id = $6, contact_id = $7, attempt_id = $8,
            preview_id = $9, lease_until_real = clock_timestamp() + make_interval(secs => $10::float8 / 1000)
     FROM free WHERE s.tenant_id = free.tenant_id AND s.agent_id = free.agent_id
     RETURNING s.agent_id, s.team_id, s.fence`,
    [
      tx.tenantId,
      demand.teamIds,
      JSON.stringify(demand.skills),
      demand.languages,
      demand.preferredAgentIds,
      reservation.campaignId,
      reservation.contactId,
      reservation.attemptId,
      reservation.previewId,
      reservation.leaseMs,
      demand.onlyPreferred ?? false,
    ],
  );
  const row = rows[0];
  return row === undefined ? null : { agentId: row.agent_id, teamId: row.team_id, fence: row.fence };
}

/** How many seats could take a call of this kind now, and how the others stand; what a pacer looks at. */
export interface SeatCounts {
  readonly ready: number;
  readonly reserved: number;
  readonly inCall: number;
  readonly wrapUp: number;
  readonly onBreak: number;
}

/** Seats that fit a demand, by state. */
export async function countSeats(
  tx: Statements,
  demand: Omit<AgentDemand, 'preferredAgentIds'>,
): Promise<SeatCounts> {
  const rows = await tx.prepared<SeatCounts>(
    'seat_counts',
    `SELECT count(*) FILTER (WHERE s.state = 'ready' AND s.next_state IS NULL) AS ready,
            count(*) FILTER (WHERE s.state = 'reserved') AS reserved,
            count(*) FILTER (WHERE s.state = 'in_call') AS "inCall",
            count(*) FILTER (WHERE s.state = 'wrap_up') AS "wrapUp",
            count(*) FILTER (WHERE s.state = 'break') AS "onBreak"
     FROM seats s JOIN agents a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id
     WHERE s.tenant_id = $1 AND ${FITS}`,
    [tx.tenantId, demand.teamIds, JSON.stringify(demand.skills), demand.languages],
  );
  return rows[0]!;
}

/** Why nobody can take a call of this kind: what an operator is told instead of silence. Null: somebody is free. */
export async function whyNoAgent(
  tx: Statements,
  demand: Omit<AgentDemand, 'preferredAgentIds'>,
): Promise<NoAgentReason | null> {
  const rows = await tx.query<{
    in_team: number;
    skilled: number;
    speaking: number;
    signed_in: number;
    free: number;
    wanting: string[];
  }>(
    `WITH them AS (
       SELECT s.state, s.next_state, a.skills,
              NOT EXISTS (SELECT FROM jsonb_each_text($3::jsonb) w
                          WHERE coalesce((a.skills->>w.key)::int, 0) < w.value::int) AS skilled,
              ($4::text[] = '{}' OR a.languages && $4::text[]) AS speaks
       FROM agents a JOIN seats s ON s.tenant_id = a.tenant_id AND s.agent_id = a.id
       WHERE a.tenant_id = $1 AND a.enabled AND a.team_id = ANY ($2::uuid[]))
     SELECT count(*) AS in_team, count(*) FILTER (WHERE skilled) AS skilled,
            count(*) FILTER (WHERE skilled AND speaks) AS speaking,
            count(*) FILTER (WHERE skilled AND speaks AND state <> 'offline') AS signed_in,
            count(*) FILTER (WHERE skilled AND speaks AND state = 'ready' AND next_state IS NULL) AS free,
            (SELECT coalesce(array_agg(w.key || ' ' || w.value ORDER BY w.key), '{}') FROM jsonb_each_text($3::jsonb) w
              WHERE NOT EXISTS (SELECT FROM them t WHERE coalesce((t.skills->>w.key)::int, 0) >= w.value::int)) AS wanting
     FROM them`,
    [tx.tenantId, demand.teamIds, JSON.stringify(demand.skills), demand.languages],
  );
  const found = rows[0]!;
  if (found.in_team === 0) return { code: 'agents.none_in_team' };
  if (found.skilled === 0) {
    const skills =
      found.wanting.length > 0
        ? found.wanting
        : Object.entries(demand.skills).map(([name, level]) => `${name} ${level}`);
    return { code: 'agents.none_with_skill', skills };
  }
  if (found.speaking === 0) return { code: 'agents.none_with_language', languages: demand.languages };
  if (found.signed_in === 0) return { code: 'agents.none_signed_in' };
  return found.free === 0 ? { code: 'agents.none_free' } : null;
}

/** A seat's place in a call: which attempt it must be about, so that a late word moves no newer one. */
interface OfCall {
  readonly agentId: string;
  readonly attemptId: string;
}

/** The carrier joined the agent and the person. @returns false when the seat is no longer reserved for this attempt. */
export async function seatConnected(tx: Statements, of: OfCall): Promise<boolean> {
  return moved(
    tx,
    'seat_connected',
    `UPDATE seats SET state = 'in_call', lease_until_real = NULL
     WHERE tenant_id = $1 AND agent_id = $2 AND attempt_id = $3 AND state = 'reserved' RETURNING 1`,
    [of.agentId, of.attemptId],
  );
}

/** The call is over and is to be written down until `until` (engine clock). */
export async function seatWrapsUp(tx: Statements, of: OfCall, until: EpochMs): Promise<boolean> {
  return moved(
    tx,
    'seat_wraps_up',
    `UPDATE seats SET state = 'wrap_up', wrap_up_until = $4
     WHERE tenant_id = $1 AND agent_id = $2 AND attempt_id = $3 AND state = 'in_call' RETURNING 1`,
    [of.agentId, of.attemptId, toIso(until)],
  );
}

/**
 * Let a seat go: what it was reserved for came to nothing, or its call is written down. It goes where its agent asked to go
 * meanwhile, else to `to`.
 * @param of which attempt or preview it must still hold.
 * @param worked its idle time begins anew: a reservation that came to nothing costs nobody their turn.
 */
export async function seatFreed(
  tx: Statements,
  of: { readonly agentId: string; readonly attemptId?: string; readonly previewId?: string },
  options: {
    readonly to?: RequestableState;
    readonly reason?: string | null;
    readonly worked: boolean;
    readonly at: EpochMs;
  },
): Promise<boolean> {
  return moved(
    tx,
    'seat_freed',
    `UPDATE seats SET state = coalesce(next_state, $5),
            reason = CASE WHEN next_state IS NULL THEN $6 ELSE next_reason END,
            next_state = NULL, next_reason = NULL, campaign_id = NULL, contact_id = NULL, attempt_id = NULL,
            preview_id = NULL, lease_until_real = NULL, wrap_up_until = NULL,
            beat_real = CASE WHEN coalesce(next_state, $5) = 'offline' THEN NULL ELSE beat_real END,
            idle_since = CASE WHEN $7 THEN $8 ELSE idle_since END
     WHERE tenant_id = $1 AND agent_id = $2
       AND CASE WHEN $3::text IS NULL THEN preview_id = $4::uuid ELSE attempt_id = $3 END
       AND state IN ('reserved', 'wrap_up') RETURNING 1`,
    [
      of.agentId,
      of.attemptId ?? null,
      of.previewId ?? null,
      options.to ?? 'ready',
      options.reason ?? null,
      options.worked,
      toIso(options.at),
    ],
  );
}

/** A preview was accepted: the same reservation is the call's now. */
export async function seatOfCall(
  tx: Statements,
  of: { readonly agentId: string; readonly previewId: string },
  attemptId: string,
  leaseMs: number,
): Promise<boolean> {
  return moved(
    tx,
    'seat_of_call',
    `UPDATE seats SET attempt_id = $4, preview_id = NULL,
            lease_until_real = clock_timestamp() + make_interval(secs => $5::float8 / 1000)
     WHERE tenant_id = $1 AND agent_id = $2 AND preview_id = $3 AND state = 'reserved' RETURNING 1`,
    [of.agentId, of.previewId, attemptId, leaseMs],
  );
}

/** A seat, and nobody else moves it before this transaction ends. */
export async function lockSeat(tx: Tx, agentId: string): Promise<SeatRow | null> {
  const rows = await tx.orm.select().from(seats).where(isSeat(tx, agentId)).for('no key update');
  return rows[0] ?? null;
}

async function moved(
  tx: Statements,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<boolean> {
  return (await tx.prepared(name, text, [tx.tenantId, ...values])).length > 0;
}

function isSeat(tx: Tx, agentId: string) {
  return and(eq(seats.tenantId, tx.tenantId), eq(seats.agentId, agentId));
}
