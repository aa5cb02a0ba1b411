import type { Tx } from '../db/client.ts';
import {
  countWaiting,
  readCapacity,
  sampleWaiting,
  waitingGroups,
  type Capacity,
} from '../db/repositories/why.ts';
import { agentsOfCampaign, type CampaignAgentsNow } from '../db/repositories/campaign-agents.ts';
import { lineRestMs } from '../db/repositories/line-rests.ts';
import type { Clock } from '../domain/clock.ts';
import type { EpochMs } from '../domain/time.ts';
import { calendarsEndingSoon } from '../policies/index.ts';
import { calendarsInForce } from '../db/repositories/policies.ts';
import { campaignBlocks, type CampaignBlock } from './campaign-blocks.ts';
import { readCampaignNow, type CampaignNow } from './campaign-now.ts';
import type { PolicyReader } from './policy-source.ts';
import { SAMPLES, type WaitCause } from './wait-causes.ts';
import { dueCauses } from './why-due.ts';
import { notDueCauses } from './why-not-due.ts';

/** Why a campaign's waiting contacts wait: each in exactly one cause. */
export interface Why {
  readonly at: EpochMs;
  readonly waiting: number;
  /** Sum to `waiting`; most contacts first. */
  readonly causes: readonly WaitCause[];
  /** Everything that holds up all of them; the first is the cause of `kind` campaign. */
  readonly blocks: readonly CampaignBlock[];
  /** The agents its calls can go to; null: none takes them. */
  readonly agents: CampaignAgentsNow | null;
  /** Null where the campaign has no carrier. */
  readonly capacity: Capacity | null;
  /** Calendars in force that say nothing beyond a day within the next 60: calls that depend on them are denied then. */
  readonly calendarsEnding: readonly { readonly id: string; readonly coveredTo: string }[];
}

/**
 * Partition a campaign's waiting contacts by what stands in their way now. Reads only, in a transaction that has to see one
 * state throughout (db/snapshot.ts).
 * @returns null when there is no such campaign.
 */
export async function whyWaiting(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicyReader },
  campaignId: string,
): Promise<Why | null> {
  const at = deps.clock.now();
  const campaign = await readCampaignNow(tx, campaignId, at);
  if (campaign === null) return null;
  const blocks = [...campaignBlocks(campaign, at), ...(await restBlock(tx, deps.clock, campaign, at))];
  const agents = await agentsOfCampaign(tx, campaignId, campaign.definition);
  const causes =
    blocks.length > 0
      ? await blockedCauses(tx, campaignId, blocks[0]!)
      : await contactCauses(tx, deps, campaign, agents, at);
  return {
    at,
    waiting: causes.reduce((sum, cause) => sum + cause.count, 0),
    causes: causes.toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
    blocks,
    agents,
    capacity: await readCapacity(tx, campaignId),
    calendarsEnding: calendarsEndingSoon({ calendars: await calendarsInForce(tx, at) }, at),
  };
}

/** The carrier does not answer, or takes nothing, and is left alone for a moment. */
async function restBlock(
  tx: Tx,
  clock: Clock,
  { carrier }: CampaignNow,
  at: EpochMs,
): Promise<CampaignBlock[]> {
  const restMs = carrier === null ? 0 : await lineRestMs(tx, carrier.id);
  if (carrier === null || restMs === 0) return [];
  const until = at + Math.ceil(restMs * clock.speed);
  return [{ code: 'carrier.resting', until, detail: { carrier: carrier.name } }];
}

async function blockedCauses(tx: Tx, campaignId: string, block: CampaignBlock): Promise<WaitCause[]> {
  const count = await countWaiting(tx, campaignId);
  if (count === 0) return [];
  const samples = await sampleWaiting(tx, campaignId, SAMPLES);
  return [{ kind: 'campaign', code: block.code, rules: [], count, nextAt: block.until, samples, quotas: [] }];
}

async function contactCauses(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicyReader },
  campaign: CampaignNow,
  agents: CampaignAgentsNow | null,
  at: EpochMs,
): Promise<WaitCause[]> {
  const groups = await waitingGroups(tx, campaign.id, at);
  const policySet = await deps.policies.forCampaign(tx, campaign.policySetHash, campaign);
  return [
    ...(await notDueCauses(
      tx,
      campaign,
      policySet,
      groups.filter((group) => !group.due),
      at,
    )),
    ...(await dueCauses(
      tx,
      deps.clock,
      campaign,
      policySet,
      groups.filter((group) => group.due),
      agents,
      at,
    )),
  ];
}
