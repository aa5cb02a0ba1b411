import { toIso, type EpochMs } from '../../domain/time.ts';
import type { DialMode } from '../../domain/vocabulary.ts';
import type { Statements } from '../client.ts';
import type { AgentCallState } from '../schema/agents.ts';

/**
 * The agent's side of a call, as calls move it; what agents write down of it is in wrap-ups.ts, and who takes it in
 * seat-release.ts and waiting-calls.ts. Whoever moves it holds the person's row, then this one, then the seat.
 */

/** What moves a call on. */
export interface AgentSide {
  readonly state: AgentCallState;
  readonly agentId: string | null;
  readonly answeredAt: EpochMs | null;
  readonly connectBy: EpochMs | null;
  readonly connectedAt: EpochMs | null;
  readonly counted: boolean;
}

/** Whose call it is. */
export interface CallOf {
  readonly attemptId: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly mode: DialMode;
}

/** The agent's side, for whoever is about to move it; null: no agent has to do with the call. */
export async function lockAgentSide(tx: Statements, attemptId: string): Promise<AgentSide | null> {
  const rows = await tx.prepared<AgentSide>(
    'agent_side_lock',
    `SELECT state, agent_id AS "agentId", answered_at AS "answeredAt", connect_by AS "connectBy",
            connected_at AS "connectedAt", counted
     FROM agent_calls WHERE tenant_id = $1 AND attempt_id = $2 FOR NO KEY UPDATE`,
    [tx.tenantId, attemptId],
  );
  return rows[0] ?? null;
}

/** An agent is kept free for a call that is about to ring. */
export async function insertReserved(
  tx: Statements,
  call: CallOf,
  agent: { readonly agentId: string; readonly teamId: string },
  at: EpochMs,
): Promise<void> {
  await tx.prepared(
    'agent_call_reserved',
    `INSERT INTO agent_calls (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, agent_id, team_id,
                              reserved_at, assigned_at, assigned_real)
     VALUES ($1, $2, $3, $4, $5, $6, 'reserved', $7, $8, $9, $9, clock_timestamp())`,
    [...keysOf(tx, call), agent.agentId, agent.teamId, toIso(at)],
  );
}

/**
 * The call was answered by a person: it waits for its agent until `connectBy`. One that has an agent already is to be
 * joined with them.
 */
export async function markAnswered(
  tx: Statements,
  call: CallOf,
  answer: { readonly at: EpochMs; readonly connectBy: EpochMs; readonly announce: readonly string[] },
): Promise<AgentCallState> {
  const rows = await tx.prepared<{ state: AgentCallState }>(
    'agent_call_answered',
    `INSERT INTO agent_calls AS g (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, answered_at,
                                   connect_by, announce)
     VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9)
     ON CONFLICT (tenant_id, attempt_id) DO UPDATE SET answered_at = excluded.answered_at,
       connect_by = excluded.connect_by, announce = excluded.announce, reason = NULL,
       state = CASE WHEN g.agent_id IS NULL THEN 'waiting' ELSE 'connecting' END
     RETURNING state`,
    [...keysOf(tx, call), toIso(answer.at), toIso(answer.connectBy), answer.announce],
  );
  return rows[0]!.state;
}

/** The carrier joined the agent and the person. @returns false where it is not theirs to be joined, any more. */
export async function markConnected(
  tx: Statements,
  of: { readonly attemptId: string; readonly agentId: string; readonly at: EpochMs },
): Promise<boolean> {
  const rows = await tx.prepared(
    'agent_call_connected',
    `UPDATE agent_calls SET state = 'connected', connected_at = greatest($4::timestamptz, answered_at),
            connected_real = clock_timestamp()
     WHERE tenant_id = $1 AND attempt_id = $2 AND agent_id = $3 AND state = 'connecting' RETURNING 1 AS one`,
    [tx.tenantId, of.attemptId, of.agentId, toIso(of.at)],
  );
  return rows.length > 0;
}

/**
 * Nobody came: the call is given up. @param letGoAt since when the carrier is to say what the rules want said, and hang
 * up; null: it is over. @returns false where it waits for no agent any more.
 */
export async function markAbandoned(
  tx: Statements,
  attemptId: string,
  as: { readonly reason: string; readonly at: EpochMs; readonly letGoAt: EpochMs | null },
): Promise<boolean> {
  const rows = await tx.prepared(
    'agent_call_abandoned',
    `UPDATE agent_calls SET state = 'abandoned', agent_id = NULL, team_id = NULL, abandoned_at = $4::timestamptz, reason = $3, let_go_at = $5::timestamptz,
            ended_at = CASE WHEN $5::timestamptz IS NULL THEN $4::timestamptz END
     WHERE tenant_id = $1 AND attempt_id = $2 AND state IN ('reserved', 'waiting', 'connecting') RETURNING 1 AS one`,
    [tx.tenantId, attemptId, as.reason, toIso(as.at), as.letGoAt === null ? null : toIso(as.letGoAt)],
  );
  return rows.length > 0;
}

/** No agent talks on this call, nor will: nobody answered, a machine did, or it was over before. */
export async function closeWithoutTalk(
  tx: Statements,
  call: CallOf,
  as: { readonly reason: string; readonly at: EpochMs; readonly letGoAt: EpochMs | null },
): Promise<void> {
  await tx.prepared(
    'agent_call_closed',
    `INSERT INTO agent_calls AS g (tenant_id, attempt_id, campaign_id, contact_id, person_id, mode, state, reason, ended_at,
                                   let_go_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'over', $7, $8, $9)
     ON CONFLICT (tenant_id, attempt_id) DO UPDATE SET state = 'over', agent_id = NULL, team_id = NULL, reason = excluded.reason,
       ended_at = coalesce(g.ended_at, excluded.ended_at), let_go_at = coalesce(g.let_go_at, excluded.let_go_at)`,
    [...keysOf(tx, call), as.reason, toIso(as.at), as.letGoAt === null ? null : toIso(as.letGoAt)],
  );
}

/** The call is over and is to be written down until `until`. */
export async function markToWriteDown(
  tx: Statements,
  attemptId: string,
  ended: { readonly at: EpochMs; readonly until: EpochMs },
): Promise<void> {
  await tx.prepared(
    'agent_call_wrap_up',
    `UPDATE agent_calls SET state = 'wrap_up', ended_at = $3, wrap_up_until = $4, ended_real = clock_timestamp()
     WHERE tenant_id = $1 AND attempt_id = $2 AND state = 'connected'`,
    [tx.tenantId, attemptId, toIso(ended.at), toIso(ended.until)],
  );
}

/** It stands in the figures now. @returns false where it did before. */
export async function markCounted(tx: Statements, attemptId: string): Promise<boolean> {
  const rows = await tx.prepared(
    'agent_call_counted',
    `UPDATE agent_calls SET counted = true
     WHERE tenant_id = $1 AND attempt_id = $2 AND NOT counted RETURNING 1 AS one`,
    [tx.tenantId, attemptId],
  );
  return rows.length > 0;
}

/** A call that is over ended then, however it went on before. */
export async function noteEnd(tx: Statements, attemptId: string, at: EpochMs): Promise<void> {
  await tx.prepared(
    'agent_call_ended',
    `UPDATE agent_calls SET ended_at = coalesce(ended_at, $3), let_go_real = coalesce(let_go_real, clock_timestamp())
     WHERE tenant_id = $1 AND attempt_id = $2 AND state IN ('abandoned', 'over') AND let_go_at IS NOT NULL`,
    [tx.tenantId, attemptId, toIso(at)],
  );
}

function keysOf(tx: Statements, call: CallOf): unknown[] {
  return [tx.tenantId, call.attemptId, call.campaignId, call.contactId, call.personId, call.mode];
}
