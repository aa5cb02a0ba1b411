import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** Agents' sides of calls on which something is to be done by the workers. */

interface Queued {
  readonly attemptId: string;
  readonly personId: string;
}

/** Answered calls that no agent has, in the order in which they were answered. */
export async function waitingCalls(
  tx: Statements,
  limit: number,
): Promise<(Queued & { readonly connectBy: EpochMs })[]> {
  return tx.prepared(
    'queue_waiting',
    `SELECT attempt_id AS "attemptId", person_id AS "personId", connect_by AS "connectBy" FROM agent_calls
     WHERE tenant_id = $1 AND state = 'waiting' ORDER BY answered_at, attempt_id LIMIT $2`,
    [tx.tenantId, limit],
  );
}

/** A call at its carrier. */
export interface CallAtCarrier extends Queued {
  readonly contactId: string;
  readonly admission: number;
  readonly carrierId: string;
  readonly reference: string;
}

const AT_CARRIER = `g.attempt_id AS "attemptId", g.person_id AS "personId", g.contact_id AS "contactId", a.admission,
  a.carrier_id AS "carrierId", a.carrier_ref AS reference`;

/** Calls that are to be joined with their agents, those assigned first before all others. */
export async function callsToJoin(
  tx: Statements,
  limit: number,
): Promise<(CallAtCarrier & { readonly agentId: string })[]> {
  return tx.prepared(
    'queue_connecting',
    `SELECT ${AT_CARRIER}, g.agent_id AS "agentId"
     FROM agent_calls g JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
     WHERE g.tenant_id = $1 AND g.state = 'connecting' AND a.state = 'sent' AND a.carrier_ref IS NOT NULL
     ORDER BY g.assigned_real LIMIT $2`,
    [tx.tenantId, limit],
  );
}

/** Calls that the carrier is to let go, and has not taken the word yet. */
export async function callsToLetGo(
  tx: Statements,
  limit: number,
): Promise<(CallAtCarrier & { readonly announce: readonly string[] })[]> {
  return tx.prepared(
    'queue_let_go',
    `SELECT ${AT_CARRIER}, CASE WHEN g.state = 'abandoned' OR g.reason = 'agents.none_free' THEN g.announce
                                ELSE '{}' END AS announce
     FROM agent_calls g JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
     WHERE g.tenant_id = $1 AND g.let_go_at IS NOT NULL AND g.let_go_real IS NULL
       AND a.state = 'sent' AND a.carrier_ref IS NOT NULL
     ORDER BY g.let_go_at LIMIT $2`,
    [tx.tenantId, limit],
  );
}

/** The carrier took the word. */
export async function markLetGo(tx: Statements, attemptId: string): Promise<void> {
  await tx.prepared(
    'agent_call_let_go',
    `UPDATE agent_calls SET let_go_real = clock_timestamp()
     WHERE tenant_id = $1 AND attempt_id = $2 AND let_go_real IS NULL`,
    [tx.tenantId, attemptId],
  );
}

/** Calls that were written down, and from which nothing was drawn yet. */
export async function writtenCalls(tx: Statements, limit: number): Promise<Queued[]> {
  return tx.prepared(
    'queue_written',
    `SELECT a.id AS "attemptId", a.person_id AS "personId"
     FROM attempts a JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.reported_real IS NULL AND a.result IS NULL AND a.state = 'ended'
       AND g.state = 'over' AND g.disposed_at IS NOT NULL LIMIT $2`,
    [tx.tenantId, limit],
  );
}

/** A call that should have been written down by now. */
export interface LateWrapUp extends Queued {
  readonly agentId: string;
}

/** Seats whose time to write a call down is over. */
export async function seatsOverLimit(tx: Statements, at: EpochMs, limit: number): Promise<LateWrapUp[]> {
  return tx.prepared(
    'queue_wrap_up_limit',
    `SELECT s.agent_id AS "agentId", s.attempt_id AS "attemptId", g.person_id AS "personId"
     FROM seats s JOIN agent_calls g ON g.tenant_id = s.tenant_id AND g.attempt_id = s.attempt_id
     WHERE s.tenant_id = $1 AND s.state = 'wrap_up' AND s.wrap_up_until <= $2 ORDER BY s.wrap_up_until LIMIT $3`,
    [tx.tenantId, toIso(at), limit],
  );
}

/** Calls that nobody wrote down, over before `before`. */
export async function neverWritten(tx: Statements, before: EpochMs, limit: number): Promise<Queued[]> {
  return tx.prepared(
    'queue_never_written',
    `SELECT attempt_id AS "attemptId", person_id AS "personId" FROM agent_calls
     WHERE tenant_id = $1 AND state = 'wrap_up' AND ended_at < $2 LIMIT $3`,
    [tx.tenantId, toIso(before), limit],
  );
}

/** A seat that was kept for something for longer than it takes. */
export interface OverdueSeat {
  readonly agentId: string;
  readonly attemptId: string | null;
  readonly previewId: string | null;
  readonly personId: string | null;
}

export async function overdueSeats(tx: Statements, limit: number): Promise<OverdueSeat[]> {
  return tx.prepared(
    'queue_overdue_seats',
    `SELECT s.agent_id AS "agentId", s.attempt_id AS "attemptId", s.preview_id AS "previewId",
            c.person_id AS "personId"
     FROM seats s LEFT JOIN contacts c ON c.tenant_id = s.tenant_id AND c.id = s.contact_id
     WHERE s.tenant_id = $1 AND s.state = 'reserved' AND s.lease_until_real < clock_timestamp()
     ORDER BY s.lease_until_real LIMIT $2`,
    [tx.tenantId, limit],
  );
}
