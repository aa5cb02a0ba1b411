import { dayStartedAt, nextDayAt } from '../../domain/active-hours.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Quota } from '../../domain/campaign-rules.ts';
import { MINUTE_MS, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../../db/client.ts';
import { readQuotaCounts, type QuotaCountRow, type QuotaKey } from '../../db/repositories/quota-counts.ts';

/** A contact of a segment whose room may all be taken by calls that are up looks again after this long (engine clock). */
const BUSY_DELAY_MS = MINUTE_MS;

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

/** Those of them that a contact counts towards. */
export function quotasOf(
  definition: CampaignDefinition,
  { quotas: names }: { readonly quotas: readonly string[] },
  at: EpochMs,
): QuotaNow[] {
  return names.length === 0 ? [] : quotasAt(definition, at).filter(({ quota }) => names.includes(quota.name));
}

export const keyOf = ({ quota, from }: QuotaNow): QuotaKey => ({
  quota: quota.name,
  counts: quota.counts,
  from,
});

/** A quota with what was counted towards it. */
export interface CountedQuota extends QuotaNow {
  readonly counted: number;
  /** Calls that are up and may yet come to it. */
  readonly open: number;
}

export function withCounts(quotas: readonly QuotaNow[], counts: readonly QuotaCountRow[]): CountedQuota[] {
  return quotas.map((now) => {
    const { quota, counts: what, from } = keyOf(now);
    const row = counts.find((one) => one.quota === quota && one.counts === what && one.from === from);
    return { ...now, counted: row?.counted ?? 0, open: row?.open ?? 0 };
  });
}

export async function countQuotas(
  tx: Statements,
  campaignId: string,
  quotas: readonly QuotaNow[],
): Promise<CountedQuota[]> {
  return withCounts(quotas, await readQuotaCounts(tx, campaignId, quotas.map(keyOf)));
}

/** Calls that there is room for: each may come to the count. */
export function roomIn({ quota, counted, open }: CountedQuota): number {
  return Math.max(0, quota.max - counted - open);
}

/** `campaign.quota`: nothing will change it but the rules. */
export type QuotaReason = 'campaign.quota' | 'campaign.quota_day' | 'campaign.quota_busy';

/** What keeps a contact from being called by a quota. */
export interface QuotaHold {
  readonly of: CountedQuota;
  readonly reason: QuotaReason;
  /** When to look again; null: never. */
  readonly until: EpochMs | null;
}

/** The quotas that let nobody through now, the one that lasts longest first. */
export function holdsOf(quotas: readonly CountedQuota[], at: EpochMs): QuotaHold[] {
  return quotas
    .flatMap((of): QuotaHold[] => {
      if (roomIn(of) > 0) return [];
      // It may be filled, if all that is up comes to it; or it is.
      if (of.counted < of.quota.max) {
        return [{ of, reason: 'campaign.quota_busy', until: at + BUSY_DELAY_MS }];
      }
      return [{ of, reason: of.until === null ? 'campaign.quota' : 'campaign.quota_day', until: of.until }];
    })
    .sort((a, b) => (b.until ?? Infinity) - (a.until ?? Infinity) || 0);
}
