import type { NoAgentReason } from '../../domain/agent.ts';
import { needsAgents, type CampaignDefinition } from '../../domain/campaign.ts';
import type { Statements } from '../client.ts';
import { countSeats, whyNoAgent, type SeatCounts } from './seats.ts';
import { demandOf } from './teams.ts';

/** The agents that a campaign's calls can go to, as they are now. */
export interface CampaignAgentsNow {
  readonly seats: SeatCounts;
  /** Answered calls of the campaign that wait for an agent. */
  readonly waitingCalls: number;
  /** Why none of them can take a call; null: somebody can. */
  readonly reason: NoAgentReason | null;
  /** No call is made without one. */
  readonly needed: boolean;
}

/** @returns null for a campaign whose calls no agent takes. */
export async function agentsOfCampaign(
  tx: Statements,
  campaignId: string,
  definition: Pick<CampaignDefinition, 'agents' | 'mode'>,
): Promise<CampaignAgentsNow | null> {
  // Definitions of before there were agents name none.
  const agents = definition.agents ?? null;
  if (agents === null) return null;
  const demand = await demandOf(tx, agents);
  const [{ waiting }] = (await tx.prepared<{ waiting: number }>(
    'campaign_waiting_calls',
    `SELECT count(*) AS waiting FROM agent_calls WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting'`,
    [tx.tenantId, campaignId],
  )) as [{ waiting: number }];
  return {
    seats: await countSeats(tx, demand),
    waitingCalls: waiting,
    reason: await whyNoAgent(tx, demand),
    needed: needsAgents(definition.mode),
  };
}
