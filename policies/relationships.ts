import type { DialFacts, RelationshipFact } from '../domain/facts.ts';
import type { EpochMs, Interval } from '../domain/time.ts';
import { DAY_MS } from '../domain/time.ts';

/** A stretch in which a dealing with the seller counts. */
export interface RelationshipSpan extends Interval {
  readonly kind: RelationshipFact['kind'];
}

/**
 * When dealings of these kinds count: while they last, and for `withinDays` times 24 h after their end. A contract
 * without an end goes on; a purchase or inquiry without one was over as it happened.
 */
export function relationshipSpans(
  facts: DialFacts,
  kinds: readonly RelationshipFact['kind'][],
  withinDays: number | null,
): RelationshipSpan[] {
  return facts.relationships
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ kind, at, endedAt }) => {
      const end = endedAt ?? (kind === 'contract' ? Infinity : at);
      return { kind, from: at, until: end + (withinDays ?? 0) * DAY_MS };
    })
    .filter(({ from, until }) => from < until)
    .sort((a, b) => a.from - b.from || (a.kind < b.kind ? -1 : 1));
}

/** The kind of a dealing that counts at `t`; null: none. */
export function relationshipAt(
  spans: readonly RelationshipSpan[],
  t: EpochMs,
): RelationshipFact['kind'] | null {
  return spans.find(({ from, until }) => from <= t && t < until)?.kind ?? null;
}
