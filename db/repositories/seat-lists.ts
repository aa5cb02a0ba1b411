import type { AgentState, RequestableState } from '../../domain/agent.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';
import type { AgentCallState } from '../schema/agents.ts';

/** A seat as supervisors see it. */
export interface SeatOfAgent {
  readonly agentId: string;
  readonly name: string;
  readonly teamId: string;
  readonly state: AgentState;
  readonly reason: string | null;
  readonly since: EpochMs;
  readonly idleSince: EpochMs;
  readonly campaignId: string | null;
  readonly contactId: string | null;
  readonly previewId: string | null;
  readonly attemptId: string | null;
  readonly callState: AgentCallState | null;
  readonly wrapUpUntil: EpochMs | null;
  readonly nextState: RequestableState | null;
  readonly nextReason: string | null;
  /** Real. */
  readonly beatReal: EpochMs | null;
}

export interface SeatFilters {
  readonly teamId: string | null;
  readonly state: AgentState | null;
  readonly campaignId: string | null;
}

/** Seats of agents who are enabled, or not away yet, in the order in which the agents were made. */
export async function listSeats(
  tx: Statements,
  query: SeatFilters & { readonly after: string | null; readonly limit: number },
): Promise<SeatOfAgent[]> {
  return tx.prepared<SeatOfAgent>(
    'seats_list',
    `SELECT s.agent_id AS "agentId", a.name, s.team_id AS "teamId", s.state, s.reason, s.since,
            s.idle_since AS "idleSince", s.campaign_id AS "campaignId", s.contact_id AS "contactId",
            s.preview_id AS "previewId", s.attempt_id AS "attemptId", c.state AS "callState",
            s.wrap_up_until AS "wrapUpUntil", s.next_state AS "nextState", s.next_reason AS "nextReason",
            s.beat_real AS "beatReal"
     FROM seats s
     JOIN agents a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id
     LEFT JOIN agent_calls c ON c.tenant_id = s.tenant_id AND c.attempt_id = s.attempt_id
     WHERE s.tenant_id = $1 AND (a.enabled OR s.state <> 'offline')
       AND ($2::uuid IS NULL OR s.team_id = $2) AND ($3::text IS NULL OR s.state = $3)
       AND ($4::uuid IS NULL OR s.campaign_id = $4) AND ($5::uuid IS NULL OR s.agent_id > $5)
     ORDER BY s.agent_id LIMIT $6`,
    [tx.tenantId, query.teamId, query.state, query.campaignId, query.after, query.limit],
  );
}

/** Note that somebody asked to listen in. @returns false when the call is not joined with an agent now. */
export async function addListener(tx: Statements, attemptId: string, account: string): Promise<boolean> {
  const rows = await tx.prepared(
    'agent_call_listener',
    `UPDATE agent_calls
     SET listeners = CASE WHEN $3 = ANY (listeners) THEN listeners ELSE array_append(listeners, $3) END
     WHERE tenant_id = $1 AND attempt_id = $2 AND state = 'connected' RETURNING 1 AS one`,
    [tx.tenantId, attemptId, account],
  );
  return rows.length > 0;
}

/** Kind of the carrier that a call goes through. */
export async function carrierKindOf(tx: Statements, attemptId: string): Promise<string | null> {
  const rows = await tx.prepared<{ kind: string }>(
    'carrier_kind_of',
    `SELECT k.kind FROM attempts a JOIN carriers k ON k.tenant_id = a.tenant_id AND k.id = a.carrier_id
     WHERE a.tenant_id = $1 AND a.id = $2`,
    [tx.tenantId, attemptId],
  );
  return rows[0]?.kind ?? null;
}
