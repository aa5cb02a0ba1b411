import type { AgentDemand, Shift } from '../../domain/agent.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** A seat that could take a campaign's calls, as a pacer looks at it. */
export interface PacedSeat {
  readonly state: 'ready' | 'in_call' | 'wrap_up';
  readonly since: EpochMs;
  readonly zone: string;
  readonly shifts: readonly Shift[] | null;
}

/** Seats that fit and are free, talk or write down; those that are kept for somebody, or asked to be let go, are not told. */
export async function pacedSeats(
  tx: Statements,
  demand: Omit<AgentDemand, 'preferredAgentIds'>,
): Promise<PacedSeat[]> {
  return tx.prepared<PacedSeat>(
    'paced_seats',
    `SELECT s.state, s.since, a.zone, a.shifts
     FROM seats s JOIN agents a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id
     WHERE s.tenant_id = $1 AND s.state IN ('ready', 'in_call', 'wrap_up') AND s.next_state IS NULL
       AND a.enabled AND s.team_id = ANY ($2::uuid[])
       AND NOT EXISTS (SELECT FROM jsonb_each_text($3::jsonb) w WHERE coalesce((a.skills->>w.key)::int, 0) < w.value::int)
       AND ($4::text[] = '{}' OR a.languages && $4::text[])`,
    [tx.tenantId, demand.teamIds, JSON.stringify(demand.skills), demand.languages],
  );
}

/** A campaign's calls that need an agent, or will, as its pacer looks at them. */
export interface PacedCalls {
  /** Admitted, and no agent kept for it yet: at the gate, or ringing without one. Since when (engine clock). */
  readonly unassignedSince: readonly EpochMs[];
  /** Answered, without an agent. */
  readonly waiting: number;
}

/** @param fromRank lowest rank of the contacts that agents are to call (db/repositories/hopper.ts) */
export async function pacedCalls(
  tx: Statements,
  campaignId: string,
  at: EpochMs,
  fromRank: number,
): Promise<PacedCalls> {
  const rows = await tx.prepared<{ since: EpochMs; waiting: boolean }>(
    'paced_calls',
    `SELECT coalesce(a.claimed_at, $3::timestamptz) AS since, g.state IS NOT DISTINCT FROM 'waiting' AS waiting
     FROM contacts c
     LEFT JOIN attempts a ON a.tenant_id = c.tenant_id AND a.contact_id = c.id AND a.admission = c.admissions
     LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE c.tenant_id = $1 AND c.campaign_id = $2 AND c.state = 'admitted' AND c.rank >= $4
       AND (a.id IS NULL OR a.state IN ('claimed', 'sending', 'sent', 'unknown'))
       AND (g.attempt_id IS NULL OR g.state = 'waiting')`,
    [tx.tenantId, campaignId, toIso(at), fromRank],
  );
  return {
    unassignedSince: rows.filter((row) => !row.waiting).map((row) => row.since),
    waiting: rows.filter((row) => row.waiting).length,
  };
}

/** What is under way for longer is not learned from: it is no usual call, and each look goes back so far. */
const RINGS = `interval '10 minutes'`;
const LASTS = `interval '4 hours'`;

/** Something of a campaign's calls that has ended: what a controller learns from. */
export interface PacedEnd {
  readonly id: string;
  readonly kind: 'answered' | 'unanswered' | 'talk_ended' | 'wrap_up_ended';
  readonly since: EpochMs;
  readonly at: EpochMs;
}

/** Ends at or after `from`, in no order. Some become known late: the caller asks with room, and passes over what it knows. */
export async function pacedEnds(tx: Statements, campaignId: string, from: EpochMs): Promise<PacedEnd[]> {
  return tx.prepared<PacedEnd>(
    'paced_ends',
    `SELECT 'a ' || g.attempt_id AS id, 'answered' AS kind, a.claimed_at AS since, g.answered_at AS at
     FROM agent_calls g JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
     WHERE g.tenant_id = $1 AND g.campaign_id = $2 AND g.answered_at >= $3
     UNION ALL
     SELECT 'u ' || a.id, 'unanswered', a.claimed_at, a.ended_at
     FROM attempts a LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.claimed_at >= $3::timestamptz - ${RINGS}
       AND a.state = 'ended' AND a.ended_at >= $3 AND a.mode <> 'agentless' AND g.answered_at IS NULL
     UNION ALL
     SELECT 't ' || g.attempt_id, 'talk_ended', g.connected_at, g.ended_at FROM agent_calls g
     WHERE g.tenant_id = $1 AND g.campaign_id = $2 AND g.answered_at >= $3::timestamptz - ${LASTS}
       AND g.connected_at IS NOT NULL AND g.ended_at >= $3
     UNION ALL
     SELECT 'w ' || s.attempt_id, 'wrap_up_ended', s.from_at, s.until_at FROM seat_spans s
     WHERE s.tenant_id = $1 AND s.from_at >= $3::timestamptz - ${LASTS} AND s.campaign_id = $2
       AND s.state = 'wrap_up' AND s.until_at >= $3
       AND s.attempt_id IS NOT NULL`,
    [tx.tenantId, campaignId, toIso(from)],
  );
}

/** What a campaign's pacer learned; null: nothing yet. */
export async function paceMemory(tx: Statements, campaignId: string): Promise<unknown> {
  const rows = await tx.prepared<{ memory: unknown }>(
    'pace_memory',
    'SELECT memory FROM pace_memories WHERE tenant_id = $1 AND campaign_id = $2',
    [tx.tenantId, campaignId],
  );
  return rows[0]?.memory ?? null;
}

export async function keepPaceMemory(
  tx: Statements,
  campaignId: string,
  memory: unknown,
  at: EpochMs,
): Promise<void> {
  await tx.prepared(
    'pace_memory_keep',
    `INSERT INTO pace_memories (tenant_id, campaign_id, memory, updated_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant_id, campaign_id) DO UPDATE SET memory = excluded.memory, updated_at = excluded.updated_at`,
    [tx.tenantId, campaignId, JSON.stringify(memory), toIso(at)],
  );
}
