import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { countTowards } from '../../db/repositories/quota-counts.ts';

export interface GoalMemory {
  checkedReal: number;
}

/** Goals are counted so often (real) and no more: calls that are up when one is reached end as they may. */
const CHECK_MS = 500;

/** Why the campaign is to be completed, in words; null: no goal of its is reached, and no time for one is over. */
export async function goalReached(
  tx: Tx,
  campaign: { readonly id: string; readonly definition: CampaignDefinition },
  memory: GoalMemory,
  now: EpochMs,
): Promise<string | null> {
  // Definitions of before there were rules have none.
  const goals = (campaign.definition as Partial<CampaignDefinition>).rules?.goals ?? [];
  if (goals.length === 0 || Date.now() - memory.checkedReal < CHECK_MS) return null;
  memory.checkedReal = Date.now();
  for (const { counts, reach, by } of goals) {
    const count = await countTowards(tx, campaign.id, counts, reach);
    if (count >= reach) return `its goal is reached: ${reach} ${counts}`;
    if (by !== null && now >= Date.parse(by)) {
      return `the time for its goal is over: ${count} of ${reach} ${counts}`;
    }
  }
  return null;
}
