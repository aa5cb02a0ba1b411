import type { Evaluation } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import { guards } from './binding.ts';
import { evaluate, type JudgedRules } from './evaluate.ts';
import { canonicalJson } from './hash.ts';
import type { CompiledPolicySet, CompiledRule } from './policy-set.ts';

/**
 * Tells, without evaluating, of which facts two sets must say the same: those that both bind by the same guards and by
 * rules that are the same in content, calendars that they name included. Then the two evaluations are equal but for the
 * set's hash, at every instant; a property test holds it to that. False says only that they may differ.
 */
export function sameRules(
  base: CompiledPolicySet,
  candidate: CompiledPolicySet,
): (facts: DialFacts) => boolean {
  const keyOf = twinsIn(base, candidate);
  // The lists that sets answer with are kept by them, so that few pairs are ever compared.
  const answers = new WeakMap<readonly CompiledRule[], WeakMap<readonly CompiledRule[], boolean>>();

  return (facts) => {
    const { jurisdictions } = guards(base, facts).subject;
    const covered = jurisdictions.every((one) => {
      const country = one.slice(0, 2);
      return base.covers(country, facts.purpose) === candidate.covers(country, facts.purpose);
    });
    if (!covered) return false;
    const before = base.rulesFor(jurisdictions, facts);
    const after = candidate.rulesFor(jurisdictions, facts);
    let ofBefore = answers.get(before);
    if (ofBefore === undefined) {
      ofBefore = new WeakMap();
      answers.set(before, ofBefore);
    }
    let answer = ofBefore.get(after);
    if (answer === undefined) {
      answer = before.length === after.length && before.every((rule, i) => keyOf(after[i]!) === rule);
      ofBefore.set(after, answer);
    }
    return answer;
  };
}

/**
 * Asks both sets about the same facts at the same instant; rules that are the same in content are judged once. The answers
 * are those that `evaluate` gives of each set by itself; a property test holds them to it.
 */
export function evaluateBoth(
  base: CompiledPolicySet,
  candidate: CompiledPolicySet,
): (
  facts: DialFacts,
  at: EpochMs,
  horizonMs: number,
) => { readonly before: Evaluation; readonly after: Evaluation } {
  const keyOf = twinsIn(base, candidate);
  return (facts, at, horizonMs) => {
    const judged: JudgedRules = { keyOf, known: new Map() };
    const ask = (policySet: CompiledPolicySet) => evaluate({ policySet, facts, at, horizonMs, judged });
    return { before: ask(base), after: ask(candidate) };
  };
}

/** A rule of the candidate as the one of the base that is the same in content, calendars included; others as they are. */
function twinsIn(
  base: CompiledPolicySet,
  candidate: CompiledPolicySet,
): (rule: CompiledRule) => CompiledRule {
  const changed = changedCalendars(base, candidate);
  const contentOf = ({ pack, rule }: CompiledRule) => canonicalJson({ pack, rule });
  const byContent = new Map(base.rules.map((rule) => [contentOf(rule), rule]));
  const twins = new Map<CompiledRule, CompiledRule>();
  for (const rule of candidate.rules) {
    const twin = names(rule.rule.params, changed) ? undefined : byContent.get(contentOf(rule));
    if (twin !== undefined) twins.set(rule, twin);
  }
  return (rule) => twins.get(rule) ?? rule;
}

/** Ids of calendars that are not the same in both sets. */
function changedCalendars(base: CompiledPolicySet, candidate: CompiledPolicySet): ReadonlySet<string> {
  const hashes = (set: CompiledPolicySet) =>
    new Map(
      set.documents.flatMap(({ kind, id, hash }) => (kind === 'calendar' ? [[id, hash] as const] : [])),
    );
  const before = hashes(base);
  const after = hashes(candidate);
  const all = new Set([...before.keys(), ...after.keys()]);
  return new Set([...all].filter((id) => before.get(id) !== after.get(id)));
}

/** Whether a text in the value is one of these: parameters refer to calendars by id, each type in a place of its own. */
function names(value: unknown, ids: ReadonlySet<string>): boolean {
  if (ids.size === 0) return false;
  if (typeof value === 'string') return ids.has(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, part]) => ids.has(key) || names(part, ids));
}
