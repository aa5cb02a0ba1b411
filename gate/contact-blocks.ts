import type { DialFacts } from '../domain/facts.ts';
import type { Clock } from '../domain/clock.ts';
import { DAY_MS, type EpochMs } from '../domain/time.ts';
import { isTerminalContactState } from '../domain/vocabulary.ts';
import type { Tx } from '../db/client.ts';
import { campaignBlocks, type CampaignBlock } from './campaign-blocks.ts';
import { ruleBlocks, type AttributeAccess } from './rules/holds.ts';
import type { AskedInstant, ContactStanding, Standing } from './standing.ts';

/** Everything but the rules of law that keeps the contact from being dialled at `at`; in the order in which it is met. */
export async function contactBlocks(
  tx: Tx,
  deps: { readonly clock: Clock; readonly attributes?: AttributeAccess },
  standing: Standing,
  facts: DialFacts,
  contact: ContactStanding | null,
  { at, now }: AskedInstant,
): Promise<CampaignBlock[]> {
  const { campaign } = standing;
  const { retry } = campaign.definition;
  const blocks: CampaignBlock[] = [];
  const add = (code: string, until: EpochMs | null = null, detail: CampaignBlock['detail'] = {}) =>
    blocks.push({ code, until, detail });

  if (contact !== null) {
    const settled = at >= now || standing.isWhole || contact.updatedAt <= at;
    if (contact.createdAt > at) add('contact.not_yet', contact.createdAt);
    else if (settled && isTerminalContactState(contact.state)) {
      add('contact.ended', null, { state: contact.state, reason: contact.stateReason });
    } else if (settled && contact.state === 'waiting' && contact.readyAt > at) {
      add('contact.waiting', contact.readyAt, { reason: contact.stateReason });
    }
    if (settled && contact.createdAt <= at) {
      blocks.push(...(await ruleBlocks(tx, deps, campaign, contact, { at, now })));
    }
  }
  const { installationStopped, tenantStopped, carrier } = standing;
  blocks.push(...campaignBlocks({ ...campaign, installationStopped, tenantStopped, carrier }, at));
  const open = facts.attempts.find((attempt) => attempt.endedAt === null && attempt.outcome === null);
  if (open !== undefined) add('person.on_call', null, { attemptId: open.attemptId });
  if (contact !== null && retry.withinDays !== null && contact.firstAttemptAt !== null) {
    const end = contact.firstAttemptAt + retry.withinDays * DAY_MS;
    if (at > end) add('retry.within_days', null, { firstAttemptAt: contact.firstAttemptAt, endedAt: end });
  }
  return blocks;
}
