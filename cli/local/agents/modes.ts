import type { CampaignDefinition } from '../../../domain/campaign.ts';
import { campaignAgentsSchema } from '../../../domain/campaign-agents.ts';
import type { DialMode } from '../../../domain/vocabulary.ts';

/** Modes that agents have a campaign of, beside the agentless one. */
export const AGENT_MODES = ['preview', 'progressive', 'predictive'] as const satisfies readonly DialMode[];

/** Name of the team that takes the calls of all of them. */
export const TEAM = 'Rehearsal';

/** Of each campaign, real: four run at once, on what may be two slow cores, and whoever answers waits for the engine. */
const CALLS_PER_SECOND = 1;

/**
 * Real ms that people wait for an agent, at the least. The engine is no faster on a fast clock, so that whoever waits for as
 * long as they would really do hangs up before it could have joined anybody.
 */
const PATIENCE_MS = { min: 2_500, max: 4_000 };

/** How long simulated people wait for an agent on a clock of this speed; simulated seconds. */
export function patienceS(speed: number, of: { readonly minS: number; readonly maxS: number }) {
  return {
    minS: Math.max(of.minS, (PATIENCE_MS.min / 1_000) * speed),
    maxS: Math.max(of.maxS, (PATIENCE_MS.max / 1_000) * speed),
  };
}

/** The same campaign with agents. Each contact is called once: a second try comes hours later. */
export function inMode(
  definition: CampaignDefinition,
  mode: (typeof AGENT_MODES)[number],
): CampaignDefinition {
  return {
    ...once(definition),
    name: `${definition.name} (${mode})`,
    mode,
    script: null,
    agents: campaignAgentsSchema.parse({ ...definition.agents, teams: [TEAM] }),
  };
}

/** The campaign, each of its contacts called once, and no more at a time than leaves the engine time for its agents. */
export function once(definition: CampaignDefinition): CampaignDefinition {
  return {
    ...definition,
    callsPerSecond: Math.min(definition.callsPerSecond ?? CALLS_PER_SECOND, CALLS_PER_SECOND),
    retry: { ...definition.retry, maxAttempts: 1, byOutcome: {} },
  };
}
