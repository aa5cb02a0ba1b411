import type { AgentDemand } from '../../domain/agent.ts';
import { takersAt } from '../../domain/callback.ts';
import type { CampaignCallbacks } from '../../domain/campaign-callbacks.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/** Whom a contact's call belongs to, as rows say it. */
interface Belonging {
  readonly preferred: string | null;
  readonly owner: string | null;
  readonly fromAt: EpochMs | null;
  readonly untilAt: EpochMs | null;
  /** The agent who owns the promised call, and the team that owns it or that they are of. */
  readonly agentId: string | null;
  readonly teamId: string | null;
}

async function belongingOf(tx: Statements, contactId: string): Promise<Belonging | null> {
  const rows = await tx.prepared<Belonging>(
    'preferred_agents',
    `SELECT c.preferred_agent_id AS preferred, b.owner, b.from_at AS "fromAt", b.until_at AS "untilAt",
            a.id AS "agentId", coalesce(a.team_id, t.id) AS "teamId"
     FROM contacts c
     LEFT JOIN callbacks b ON b.tenant_id = $1 AND b.contact_id = c.id AND b.status = 'promised'
     LEFT JOIN agents a ON a.tenant_id = $1
       AND a.id = CASE WHEN b.owner ~ '^agent:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN substring(b.owner FROM 7)::uuid END
     LEFT JOIN teams t ON t.tenant_id = $1 AND t.name = CASE WHEN b.owner LIKE 'team:%' THEN substring(b.owner FROM 6) END
     WHERE c.tenant_id = $1 AND c.id = $2`,
    [tx.tenantId, contactId],
  );
  return rows[0] ?? null;
}

/**
 * Whom a contact's call belongs to, first choice first: who promised the call that is due, then whose customer they are
 * (专属坐席). They are taken before all others where they are free and fit.
 */
export async function preferredAgents(tx: Statements, contactId: string): Promise<string[]> {
  const found = await belongingOf(tx, contactId);
  return found === null ? [] : firstOf(found);
}

function firstOf({ agentId, preferred }: Belonging): string[] {
  return [...new Set([agentId, preferred].filter((id) => id !== null))];
}

/** What a call that is about to be made asks of its agent. */
export interface DemandOfCall {
  readonly demand: AgentDemand;
  /** A callback waits for its owner until then (engine clock); null: nobody in particular is waited for. */
  readonly heldUntil: EpochMs | null;
}

/**
 * The demand of a contact's call: that of its campaign, but that a callback which is due is for its owner, or their team,
 * as long as the campaign waits for them. A team that takes the campaign's calls no more is not waited for.
 */
export async function demandOfCall(
  tx: Statements,
  contactId: string,
  demand: Omit<AgentDemand, 'preferredAgentIds'>,
  callbacks: CampaignCallbacks,
  at: EpochMs,
): Promise<DemandOfCall> {
  const found = await belongingOf(tx, contactId);
  const anybody = {
    demand: { ...demand, preferredAgentIds: found === null ? [] : firstOf(found) },
    heldUntil: null,
  };
  if (found === null || found.owner === null || found.fromAt === null || found.untilAt === null)
    return anybody;
  const { owner, fromAt, untilAt, agentId, teamId } = found;
  const { who, heldUntil } = takersAt({ owner, fromAt, untilAt }, callbacks, at);
  if (who === 'anybody' || teamId === null || !demand.teamIds.includes(teamId)) return anybody;
  if (who === 'team') return { demand: { ...anybody.demand, teamIds: [teamId] }, heldUntil };
  return {
    demand: {
      ...demand,
      preferredAgentIds: agentId === null ? [] : [agentId],
      onlyPreferred: agentId !== null,
    },
    heldUntil,
  };
}
