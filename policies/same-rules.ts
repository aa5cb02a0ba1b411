import type { DialFacts } from '../domain/facts.ts';
import { guards } from './binding.ts';
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
  const changed = changedCalendars(base, candidate);
  const contents = new Map<CompiledRule, string>();
  const contentOf = (compiled: CompiledRule): string => {
    let content = contents.get(compiled);
    if (content === undefined) {
      content = canonicalJson({ pack: compiled.pack, rule: compiled.rule });
      contents.set(compiled, content);
    }
    return content;
  };
  const isSame = (a: CompiledRule, b: CompiledRule) =>
    contentOf(a) === contentOf(b) && !names(a.rule.params, changed);
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
      answer = before.length === after.length && before.every((rule, i) => isSame(rule, after[i]!));
      ofBefore.set(after, answer);
    }
    return answer;
  };
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
