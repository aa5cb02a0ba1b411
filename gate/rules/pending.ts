import { isActive, nextActiveAt } from '../../domain/active-hours.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { EpochMs } from '../../domain/time.ts';
import { judgedBy } from './judge.ts';

/** A contact that its campaign's rules have yet to judge looks again after this long (real). */
export const RULES_PENDING_DELAY_MS = 5_000;

/** Whether the rules in force have yet to judge the contact: it is not called by those of before, nor by none (I6). */
export function isRulesPending(
  definition: CampaignDefinition,
  contact: { readonly judgedBy: string | null },
): boolean {
  const hash = judgedBy(definition);
  return hash !== null && contact.judgedBy !== hash;
}

/** Where the campaign is out of its active hours: when they begin again; null in `until`: not within a year. */
export function inactiveAt(
  definition: CampaignDefinition,
  at: EpochMs,
): { readonly until: EpochMs | null } | null {
  // Definitions of before there were rules have none.
  const rules = (definition as Partial<CampaignDefinition>).rules;
  if (rules === undefined || isActive(rules.activeHours, rules.zone, at)) return null;
  return { until: nextActiveAt(rules.activeHours, rules.zone, at) };
}
