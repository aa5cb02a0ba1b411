import type { Clock } from '../../domain/clock.ts';
import type { Database } from '../../db/client.ts';
import { endWaitingContacts } from '../../db/repositories/contacts.ts';
import type { CampaignKey } from '../workflow-gateway.ts';

const BATCH = 2_000;

/**
 * End the contacts still waiting in a campaign that was stopped or completed, so many at a time that no transaction
 * is long. Run again it goes on with what is left.
 * @returns how many ended.
 */
export async function closeCampaign(
  deps: { readonly db: Database; readonly clock: Clock },
  campaign: CampaignKey,
  beat: () => void,
): Promise<number> {
  let total = 0;
  for (;;) {
    const ended = await deps.db.inTenant(campaign.tenantId, (tx) =>
      endWaitingContacts(tx, campaign.campaignId, {
        reason: 'campaign.over',
        at: deps.clock.now(),
        limit: BATCH,
      }),
    );
    total += ended;
    beat();
    if (ended < BATCH) return total;
  }
}
