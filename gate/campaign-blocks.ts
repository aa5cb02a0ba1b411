import type { EpochMs } from '../domain/time.ts';
import type { CampaignNow } from './campaign-now.ts';
import { inactiveAt } from './rules/pending.ts';

/** Something other than a rule that keeps every contact of a campaign from being dialled. */
export interface CampaignBlock {
  /** Stable code, such as `campaign.paused`. */
  readonly code: string;
  /** When it ends by itself; null: when somebody acts, or never. */
  readonly until: EpochMs | null;
  /** Codes and instants that say more. */
  readonly detail: Readonly<Record<string, string | number | null>>;
}

/** What stands in a campaign's way at `at`, in the order in which it is met. */
export function campaignBlocks(
  campaign: Pick<CampaignNow, 'status' | 'definition' | 'installationStopped' | 'tenantStopped'> & {
    readonly carrier: { readonly name: string; readonly paused: boolean } | null;
  },
  at: EpochMs,
): CampaignBlock[] {
  const { carrier } = campaign;
  const { schedule } = campaign.definition;
  const blocks: CampaignBlock[] = [];
  const add = (code: string, until: EpochMs | null = null, detail: CampaignBlock['detail'] = {}) =>
    blocks.push({ code, until, detail });
  if (campaign.status !== 'running') add(`campaign.${campaign.status}`);
  const startAt = schedule.startAt === null ? null : Date.parse(schedule.startAt);
  if (startAt !== null && startAt > at) add('schedule.not_begun', startAt);
  if (schedule.endAt !== null && Date.parse(schedule.endAt) <= at) {
    add('schedule.over', null, { endedAt: Date.parse(schedule.endAt) });
  }
  const inactive = inactiveAt(campaign.definition, at);
  if (inactive !== null) add('campaign.hours', inactive.until);
  if (campaign.installationStopped) add('installation.stopped');
  if (campaign.tenantStopped) add('tenant.stopped');
  if (carrier === null) add('carrier.missing', null, { carrier: campaign.definition.carrier });
  else if (carrier.paused) add('carrier.paused', null, { carrier: carrier.name });
  return blocks;
}
