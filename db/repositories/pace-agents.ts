import type { AgentDemand, Shift } from '../../domain/agent.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';
import { AGENT_RANK } from './hopper.ts';
import { FITS, FITS_CAMPAIGN } from './seats.ts';

/** A seat that could take a campaign's calls, as a pacer looks at it. */
export interface PacedSeat {
  readonly state: 'ready' | 'in_call' | 'wrap_up';
  readonly since: EpochMs;
  readonly zone: string;
  readonly shifts: readonly Shift[] | null;
}

/** What a campaign asks of an agent, whomever its contacts belong to. */
export type PacedDemand = Omit<AgentDemand, 'preferredAgentIds'>;

/** Seats that fit and are free, talk or write down; those that are kept for somebody, or asked to be let go, are not told. */
export async function pacedSeats(tx: Statements, demand: PacedDemand): Promise<PacedSeat[]> {
  return tx.prepared<PacedSeat>(
    'paced_seats',
    `SELECT s.state, s.since, a.zone, a.shifts
     FROM seats s JOIN agents a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id
     WHERE s.tenant_id = $1 AND ${TAKES_PART} AND ${FITS}`,
    demandValues(tx, demand),
  );
}

const TAKES_PART = `s.state IN ('ready', 'in_call', 'wrap_up') AND s.next_state IS NULL`;

function demandValues(tx: Statements, { teamIds, skills, languages }: PacedDemand): unknown[] {
  return [tx.tenantId, teamIds, JSON.stringify(skills), languages];
}

/** Calls that need an agent, or will, as a campaign's pacer looks at them. */
export interface PacedCalls {
  /** The campaign's own: admitted, and no agent kept for it yet: at the gate, or ringing without one. Since when (engine clock). */
  readonly unassignedSince: readonly EpochMs[];
  /** Its own: at the gate or ringing, with an agent kept for it. */
  readonly keptSince: readonly EpochMs[];
  /** Its own: answered, without an agent. */
  readonly waiting: number;
  /** Of those without an agent, those of other campaigns with a team in common. */
  readonly others: readonly CallOfOther[];
}

export interface CallOfOther {
  readonly campaignId: string;
  readonly since: EpochMs;
  /** It is answered, or its campaign keeps an agent free before a call rings. */
  readonly certain: boolean;
}

/**
 * One statement, so that no call is seen twice or missed while it goes from one kind to the other.
 * @param campaign.fromRank lowest rank of the contacts that agents are to call (db/repositories/hopper.ts)
 */
export async function pacedCalls(
  tx: Statements,
  campaign: { readonly id: string; readonly teams: readonly string[]; readonly fromRank: number },
  at: EpochMs,
): Promise<PacedCalls> {
  const rows = await tx.prepared<CallOfOther & { kind: 'unassigned' | 'kept' | 'waiting' }>(
    'paced_calls',
    `WITH k AS MATERIALIZED (
       SELECT id, coalesce(definition->>'mode', 'agentless') AS mode FROM campaigns
       WHERE tenant_id = $1
         AND (id = $2 OR status IN ('running', 'paused') AND definition->'agents'->'teams' ?| $3::text[]))
     SELECT k.id AS "campaignId", coalesce(a.claimed_at, $4::timestamptz) AS since, 'unassigned' AS kind,
            k.mode <> 'predictive' AS certain
     FROM k
     JOIN contacts c ON c.tenant_id = $1 AND c.campaign_id = k.id AND c.state = 'admitted'
       AND c.rank >= CASE WHEN k.id = $2 THEN $5 WHEN k.mode = 'agentless' THEN ${AGENT_RANK} ELSE 0 END
     LEFT JOIN attempts a ON a.tenant_id = c.tenant_id AND a.contact_id = c.id AND a.admission = c.admissions
     LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE (a.id IS NULL OR a.state IN ('claimed', 'sending', 'sent', 'unknown')) AND g.attempt_id IS NULL
       AND NOT EXISTS (SELECT FROM seats s WHERE s.tenant_id = c.tenant_id AND s.contact_id = c.id)
     UNION ALL
     SELECT k.id, a.claimed_at, CASE WHEN g.agent_id IS NULL THEN 'unassigned' ELSE 'kept' END, true
     FROM k
     JOIN agent_calls g ON g.tenant_id = $1 AND g.campaign_id = k.id AND g.state = 'reserved'
     JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
     WHERE g.agent_id IS NULL OR k.id = $2
     UNION ALL
     SELECT k.id, g.answered_at, 'waiting', true
     FROM k JOIN agent_calls g ON g.tenant_id = $1 AND g.campaign_id = k.id AND g.state = 'waiting'`,
    [tx.tenantId, campaign.id, campaign.teams, toIso(at), campaign.fromRank],
  );
  const own = rows.filter(({ campaignId }) => campaignId === campaign.id);
  return {
    unassignedSince: own.filter(({ kind }) => kind === 'unassigned').map(({ since }) => since),
    keptSince: own.filter(({ kind }) => kind === 'kept').map(({ since }) => since),
    waiting: own.filter(({ kind }) => kind === 'waiting').length,
    others: rows.filter(({ campaignId }) => campaignId !== campaign.id),
  };
}

/** What is known of another campaign's calls that take agents. */
export interface WaysOfOther {
  /** Of the agents there who fit its calls, the share that fits the own demand as well; 0 to 1. */
  readonly share: number;
  /** Share of its calls that a person answers, as its pacer believes; null: not known. */
  readonly answerRate: number | null;
}

export async function waysOfOthers(
  tx: Statements,
  demand: PacedDemand,
  campaignIds: readonly string[],
): Promise<ReadonlyMap<string, WaysOfOther>> {
  if (campaignIds.length === 0) return new Map();
  const rows = await tx.prepared<WaysOfOther & { id: string }>(
    'ways_of_others',
    `SELECT k.id, count(*) FILTER (WHERE ${FITS})::float8 / count(*) AS share,
            (SELECT (m.memory->>'answerRate')::float8 FROM pace_memories m
              WHERE m.tenant_id = k.tenant_id AND m.campaign_id = k.id) AS "answerRate"
     FROM campaigns k
     JOIN teams t ON t.tenant_id = k.tenant_id
     JOIN agents a ON a.tenant_id = t.tenant_id AND a.team_id = t.id AND a.enabled
     JOIN seats s ON s.tenant_id = a.tenant_id AND s.agent_id = a.id
     WHERE k.tenant_id = $1 AND k.id = ANY ($5::uuid[]) AND ${TAKES_PART} AND ${FITS_CAMPAIGN}
     GROUP BY k.tenant_id, k.id`,
    [...demandValues(tx, demand), campaignIds],
  );
  return new Map(rows.map(({ id, ...ways }) => [id, ways]));
}

/** What rings for longer is not learned from: it is no usual call, and each look goes back so far. */
const RINGS = `interval '10 minutes'`;

/** Something that has ended: what a controller learns from. */
export interface PacedEnd {
  readonly id: string;
  readonly kind: 'answered' | 'unanswered' | 'talk_ended' | 'wrap_up_ended';
  readonly since: EpochMs;
  readonly at: EpochMs;
}

/**
 * Ends at or after `from`, in no order: of the campaign's own ringing, and of what agents who fit did for any campaign. Some
 * become known late: the caller asks with room, and passes over what it knows.
 */
export async function pacedEnds(
  tx: Statements,
  campaignId: string,
  demand: PacedDemand,
  from: EpochMs,
): Promise<PacedEnd[]> {
  return tx.prepared<PacedEnd>(
    'paced_ends',
    `SELECT 'a ' || g.attempt_id AS id, 'answered' AS kind, a.claimed_at AS since, g.answered_at AS at
     FROM agent_calls g JOIN attempts a ON a.tenant_id = g.tenant_id AND a.id = g.attempt_id
     WHERE g.tenant_id = $1 AND g.campaign_id = $5 AND g.answered_at >= $6
     UNION ALL
     SELECT 'u ' || a.id, 'unanswered', a.claimed_at, a.ended_at
     FROM attempts a LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     WHERE a.tenant_id = $1 AND a.campaign_id = $5 AND a.claimed_at >= $6::timestamptz - ${RINGS}
       AND a.state = 'ended' AND a.ended_at >= $6 AND a.mode <> 'agentless' AND g.answered_at IS NULL
     UNION ALL
     SELECT 's ' || p.agent_id || ' ' || p.fence,
            CASE p.state WHEN 'in_call' THEN 'talk_ended' ELSE 'wrap_up_ended' END, p.from_at, p.until_at
     FROM seat_spans p
     JOIN seats s ON s.tenant_id = p.tenant_id AND s.agent_id = p.agent_id
     JOIN agents a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id
     WHERE p.tenant_id = $1 AND p.state IN ('in_call', 'wrap_up') AND p.until_at >= $6 AND ${FITS}`,
    [...demandValues(tx, demand), campaignId, toIso(from)],
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

/**
 * Whether a predictive campaign's calls are placed ahead of free agents, as its pacer said last. Where none has said so
 * yet, they are not.
 */
export async function placesAhead(tx: Statements, campaignId: string): Promise<boolean> {
  const rows = await tx.prepared<{ ahead: boolean }>(
    'pace_ahead',
    'SELECT places_ahead AS ahead FROM pace_memories WHERE tenant_id = $1 AND campaign_id = $2',
    [tx.tenantId, campaignId],
  );
  return rows[0]?.ahead ?? false;
}

export async function keepPaceMemory(
  tx: Statements,
  campaignId: string,
  of: { readonly learned: unknown; readonly placesAhead: boolean },
  at: EpochMs,
): Promise<void> {
  await tx.prepared(
    'pace_memory_keep',
    `INSERT INTO pace_memories (tenant_id, campaign_id, memory, places_ahead, updated_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant_id, campaign_id) DO UPDATE
       SET memory = excluded.memory, places_ahead = excluded.places_ahead, updated_at = excluded.updated_at`,
    [tx.tenantId, campaignId, JSON.stringify(of.learned), of.placesAhead, toIso(at)],
  );
}
