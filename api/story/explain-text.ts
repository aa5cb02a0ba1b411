import type { Block, Explanation } from '../../gate/explain.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { reasonText } from './tell.ts';
import { wordOf, type Messages } from './messages/index.ts';

/** Details of blocks that are instants; the others are codes, names or ids. */
const INSTANTS = new Set(['endedAt', 'firstAttemptAt']);

/** A block in words. */
export function blockText(block: Block, say: Messages): string {
  const entries = Object.entries(block.detail).flatMap(([key, value]): [string, string][] => {
    if (value === null) return [];
    if (INSTANTS.has(key)) return [[key, toIso(value as EpochMs)]];
    if (key === 'state') return [[key, wordOf(say.words.contactState, String(value))]];
    return [[key, String(value)]];
  });
  const until = block.until === null ? null : toIso(block.until);
  return say.block({ code: block.code, until, detail: Object.fromEntries(entries) });
}

/** The sentence an explanation begins with: may it be called, and if not why, and from when. Pure. */
export function summaryOf(explanation: Explanation, say: Messages): string {
  const { verdict, blocks, rules, nextEligibleAt } = explanation;
  if (explanation.callable) {
    const until = verdict.kind === 'allow' ? verdict.until : null;
    return say.callableNow({ until: until === null ? null : toIso(until) });
  }
  const against = rules.filter((rule) => rule.outcome === 'deny' || rule.outcome === 'defer');
  const because = [
    ...blocks.map((block) => blockText(block, say)),
    ...against.map((rule) => reasonText(rule, say)),
  ];
  return say.notCallable({
    next: nextEligibleAt === null ? null : toIso(nextEligibleAt),
    because: because.join(say.semicolon),
  });
}

export function unknownText(unknown: { fact: string; taken: string }, say: Messages): string {
  return say.notKnown({
    fact: wordOf(say.words.other, unknown.fact),
    taken: wordOf(say.words.other, unknown.taken),
  });
}
