import type { CampaignBlock } from '../../gate/campaign-blocks.ts';
import type { ExplainedRule, Explanation } from '../../gate/explain.ts';
import type { QuotaReason } from '../../gate/rules/quotas.ts';
import type { Counted } from '../../domain/campaign-rules.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { ruleText } from './rules.ts';
import { tellingOf } from './telling.ts';
import { wordOf, type Messages } from './messages/index.ts';
import type { Telling } from './messages/rules.ts';

/** Details of blocks that are instants; the others are codes, names or ids. */
const INSTANTS = new Set(['endedAt', 'firstAttemptAt']);

/** A block in words. */
export function blockText(block: CampaignBlock, say: Messages): string {
  if (block.detail['filter'] !== undefined) return filterText(block, say);
  if (block.detail['quota'] !== undefined) return quotaText(block, say);
  const entries = Object.entries(block.detail).flatMap(([key, value]): [string, string][] => {
    if (value === null) return [];
    if (INSTANTS.has(key)) return [[key, toIso(value as EpochMs)]];
    if (key === 'state') return [[key, wordOf(say.words.contactState, String(value))]];
    return [[key, String(value)]];
  });
  const until = block.until === null ? null : toIso(block.until);
  return say.block({ code: block.code, until, detail: Object.fromEntries(entries) });
}

/** Before the name of an attribute, where what it holds is told. */
const OF_CONTACT = 'contact.';

/** As `gate/rules/holds.ts` says it. */
function filterText({ code, detail }: CampaignBlock, say: Messages): string {
  const looked = Object.entries(detail)
    .filter(([key]) => key.startsWith(OF_CONTACT))
    .map(([name, value]) => ({ name, value: value === null ? null : String(value) }));
  return say.heldByFilter({
    fault: code === 'campaign.filter_fault',
    filter: String(detail['filter']),
    unmet: detail['unmet'] === undefined ? null : String(detail['unmet']),
    names: String(detail['attributes'] ?? ''),
    looked: looked.length === 0 ? null : looked,
  });
}

function quotaText({ code, until, detail }: CampaignBlock, say: Messages): string {
  return say.heldByQuota({
    code: code as QuotaReason,
    name: String(detail['quota']),
    counts: detail['counts'] as Counted,
    counted: Number(detail['counted']),
    open: Number(detail['open']),
    max: Number(detail['max']),
    until: until === null ? null : toIso(until),
  });
}

/** How the sentences of an explanation are told. */
export function tellingOfExplanation(explanation: Explanation, say: Messages): Telling {
  const { purpose, channel } = explanation.campaign.definition;
  return tellingOf({ at: explanation.at, purpose, channel, zones: explanation.zones }, say);
}

/** The sentence an explanation begins with: may it be called, and if not why, and from when. Pure. */
export function summaryOf(explanation: Explanation, say: Messages): string {
  const { verdict, blocks, rules, nextEligibleAt } = explanation;
  const tell = tellingOfExplanation(explanation, say);
  if (explanation.callable) {
    const until = verdict.kind === 'allow' ? verdict.until : null;
    return say.callableNow({ until: until === null ? null : tell.instant(until) });
  }
  const against = rules.filter((rule) => rule.outcome === 'deny' || rule.outcome === 'defer');
  const because = [...blocks.map((block) => blockText(block, say)), ...clausesOf(against, tell, say)];
  return say.notCallable({
    next: nextEligibleAt === null ? null : tell.instant(nextEligibleAt),
    because: because.join(say.semicolon),
  });
}

/** What stands against the call, each said once, with every rule's source. */
function clausesOf(against: readonly ExplainedRule[], tell: Telling, say: Messages): string[] {
  const clauses = new Map<string, { sources: string[]; unverified: boolean }>();
  for (const rule of against) {
    const text = ruleText(rule, tell, say);
    const clause = clauses.get(text) ?? { sources: [], unverified: true };
    if (rule.citation !== null) {
      const { instrument, article } = rule.citation;
      clause.sources.push(article === null ? instrument : `${instrument}, ${article}`);
    }
    // One rule that is verified will do.
    clauses.set(text, { ...clause, unverified: clause.unverified && rule.unverified });
  }
  return [...clauses].map(([label, { sources, unverified }]) =>
    say.reason({
      label,
      source: sources.length === 0 ? null : [...new Set(sources)].join(say.semicolon),
      unverified,
    }),
  );
}

export function unknownText(unknown: { fact: string; taken: string }, say: Messages): string {
  return say.notKnown({
    fact: wordOf(say.words.other, unknown.fact),
    taken: wordOf(say.words.other, unknown.taken),
  });
}
