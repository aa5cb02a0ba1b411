import type { DialFacts } from '../../domain/facts.ts';
import type { EpochMs } from '../../domain/time.ts';
import { evaluateBoth, sameRules, type CompiledPolicySet } from '../../policies/index.ts';
import { changeOf, positionOf, type Change, type Position } from './change.ts';
import type { NamedRule } from './tally.ts';

/** Two sets of policies held against each other: what is in force, and what would be. */
export interface SetPair {
  readonly base: CompiledPolicySet;
  readonly candidate: CompiledPolicySet;
  /** True: nothing can differ for these facts, whatever else is known of the person and at whatever instant. */
  readonly isSame: (facts: DialFacts) => boolean;
  /** What both sets say of the same facts at the same instant. */
  readonly ask: ReturnType<typeof evaluateBoth>;
  readonly nameRule: (side: 'before' | 'after', rule: Position['rule']) => NamedRule | null;
}

export function pairOf(base: CompiledPolicySet, candidate: CompiledPolicySet): SetPair {
  const names = { before: namesOf(base), after: namesOf(candidate) };
  return {
    base,
    candidate,
    isSame: base.hash === candidate.hash ? () => true : sameRules(base, candidate),
    ask: evaluateBoth(base, candidate),
    nameRule: (side, rule) => (rule === null ? null : names[side](rule)),
  };
}

/** Rules by name, looked for once each. */
function namesOf(set: CompiledPolicySet): (rule: NonNullable<Position['rule']>) => NamedRule {
  const known = new Map<string, NamedRule>();
  return ({ pack, id }) => {
    const key = `${pack}/${id}`;
    let named = known.get(key);
    if (named === undefined) {
      const found = set.rules.find((one) => one.pack === pack && one.rule.id === id);
      named = {
        pack,
        packVersion: set.documents.find((one) => one.kind === 'pack' && one.id === pack)?.version ?? null,
        id,
        label: found?.rule.label ?? id,
        citation: found?.rule.citation ?? null,
      };
      known.set(key, named);
    }
    return named;
  };
}

export interface Comparison {
  readonly before: Position;
  readonly after: Position;
  readonly change: Change;
}

/** What both sets say of the same facts at the same instant. */
export function compare(pair: SetPair, facts: DialFacts, at: EpochMs, horizonMs: number): Comparison {
  const both = pair.ask(facts, at, horizonMs);
  const before = positionOf(both.before);
  const after = positionOf(both.after);
  return { before, after, change: changeOf(before, after, at) };
}

/** The places that a number may be in, as one name. @example 'US US-NY' */
export function placesOf(facts: Pick<DialFacts, 'locations' | 'number'>): string {
  const all = [...facts.locations.map(({ jurisdiction }) => jurisdiction), facts.number.country];
  return [...new Set(all.filter((one) => one !== null))].sort().join(' ');
}
