import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import {
  goalCounts,
  NOTHING_COUNTED,
  oldestUndecided,
  type GoalCounts,
} from '../../db/repositories/goal-counts.ts';

/** What a pacer remembers of what it counted, so that it counts only what is new. */
export interface GoalMemory {
  checkedReal: number;
  /** When all was counted last. */
  wholeReal: number;
  /** Of attempts claimed before `from` (engine clock), all of which are over; null: of none. */
  counted: GoalCounts;
  from: EpochMs | null;
}

export function newGoalMemory(): GoalMemory {
  return { checkedReal: -Infinity, wholeReal: -Infinity, counted: NOTHING_COUNTED, from: null };
}

/** Goals are looked at so often (real) and no more: calls that are up when one is reached end as they may. */
const CHECK_MS = 500;
/** All is counted anew so often (real): what a call came to may be corrected after it is over. */
const WHOLE_MS = 60_000;
/** An attempt may be stored so long (real) after the instant at which it was claimed: the gate's transaction takes ms. */
const STORED_WITHIN_MS = 10_000;

/** Why the campaign is to be completed, in words; null: no goal of its is reached, and no time for one is over. */
export async function goalReached(
  tx: Tx,
  clock: Clock,
  campaign: { readonly id: string; readonly definition: CampaignDefinition },
  memory: GoalMemory,
): Promise<string | null> {
  // Definitions of before there were rules have none.
  const goals = (campaign.definition as Partial<CampaignDefinition>).rules?.goals ?? [];
  if (goals.length === 0 || Date.now() - memory.checkedReal < CHECK_MS) return null;
  memory.checkedReal = Date.now();
  const counts = await countNew(tx, clock, campaign.id, memory);
  for (const { counts: what, reach, by } of goals) {
    if (counts[what] >= reach) return `its goal is reached: ${reach} ${what}`;
    if (by !== null && clock.now() >= Date.parse(by)) {
      return `the time for its goal is over: ${counts[what]} of ${reach} ${what}`;
    }
  }
  return null;
}

/** What all attempts came to, of which those that were over when they were counted before are not counted again. */
async function countNew(tx: Tx, clock: Clock, campaignId: string, memory: GoalMemory): Promise<GoalCounts> {
  if (Date.now() - memory.wholeReal >= WHOLE_MS) {
    Object.assign(memory, newGoalMemory(), { checkedReal: memory.checkedReal, wholeReal: Date.now() });
  }
  const stored = clock.now() - Math.ceil(STORED_WITHIN_MS * clock.speed);
  const until = Math.max(
    memory.from ?? -Infinity,
    Math.min(stored, (await oldestUndecided(tx, campaignId)) ?? Infinity),
  );
  const { before, since } = await goalCounts(tx, campaignId, memory.from, until);
  memory.counted = sum(memory.counted, before);
  memory.from = until;
  return sum(memory.counted, since);
}

function sum(a: GoalCounts, b: GoalCounts): GoalCounts {
  return {
    calls: a.calls + b.calls,
    answers: a.answers + b.answers,
    conversions: a.conversions + b.conversions,
    interviews: a.interviews + b.interviews,
  };
}
