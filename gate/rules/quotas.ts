import { dayStartedAt, nextDayAt } from '../../domain/active-hours.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Quota } from '../../domain/campaign-rules.ts';
import type { EpochMs } from '../../domain/time.ts';

/** A quota as it stands at an instant: which counter it is held to, and until when. */
export interface QuotaNow {
  readonly quota: Quota;
  readonly from: EpochMs;
  /** When the next day's counter begins; null: it is for the whole campaign. */
  readonly until: EpochMs | null;
}

/** The quotas of a campaign now, by name: the order in which their counters are locked. */
export function quotasAt(definition: CampaignDefinition, at: EpochMs): QuotaNow[] {
  // Definitions of before there were rules have none.
  const rules = (definition as Partial<CampaignDefinition>).rules;
  if (rules === undefined || rules.quotas.length === 0) return [];
  const from = dayStartedAt(rules.zone, at);
  const until = nextDayAt(rules.zone, at);
  return [...rules.quotas]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((quota) => (quota.per === 'day' ? { quota, from, until } : { quota, from: 0, until: null }));
}

export interface QuotaCount {
  readonly counted: number;
  readonly open: number;
}

/** `full`: it came to the count. `busy`: it may, if all that is up does. */
export type QuotaRoom = 'free' | 'busy' | 'full';

export function roomIn({ quota }: QuotaNow, count: QuotaCount | undefined): QuotaRoom {
  const { counted, open } = count ?? { counted: 0, open: 0 };
  if (counted >= quota.max) return 'full';
  return counted + open >= quota.max ? 'busy' : 'free';
}
