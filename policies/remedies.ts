import type { Evaluation, RuleResult, Verdict } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import { evaluate } from './evaluate.ts';
import type { CompiledPolicySet } from './policy-set.ts';
import { ruleTypeNamed } from './registry.ts';
import { granting, wantedOf, type Remedy, type Stand, type Way } from './remedy.ts';
import type { Exemption } from './exemptions.ts';
import { WAYS } from './ways/index.ts';

/** A rule that stands against the call, and what would let it pass: any one of its ways. */
export interface RuleRemedies {
  readonly pack: string;
  readonly rule: string;
  readonly reason: string;
  readonly ways: readonly Remedy[];
}

export interface Remedies {
  readonly rules: readonly RuleRemedies[];
  /**
   * The verdict with the first way of every rule together, at the instant at which the last of them would be; null: some
   * rule has none that can be supposed.
   */
  readonly together: { readonly at: EpochMs; readonly verdict: Verdict } | null;
}

/**
 * For an evaluation that went against the call: what would let each rule pass. Pure; asks the rules again for every way
 * that can be supposed.
 */
export function remediesOf(policySet: CompiledPolicySet, facts: DialFacts, evaluation: Evaluation): Remedies {
  const { at, horizonMs } = evaluation;
  const against = evaluation.results.filter(({ outcome }) => outcome === 'deny' || outcome === 'defer');
  const ask = (supposed: DialFacts, then: EpochMs) =>
    evaluate({ policySet, facts: supposed, at: then, horizonMs });
  const found = against.map((result) => ({
    result,
    ways: waysOf(standOf(policySet, result, facts, at)),
  }));
  const rules = found.map(({ result, ways }) => ({
    pack: result.pack,
    rule: result.rule,
    reason: result.reason ?? result.type,
    ways: ways.map((way) => {
      const { code, detail } = way;
      return { code, detail, proved: isSupposable(way) && allows(way, result) } as Remedy;
    }),
  }));
  return { rules, together: together() };

  function allows(way: Way, result: RuleResult): boolean {
    const then = way.then ?? at;
    const again = ask(way.supposing?.(facts, at) ?? facts, then).results;
    const same = again.filter((one) => one.pack === result.pack && one.rule === result.rule);
    // A rule that is not asked any more does not stand against the call either.
    return same.every((one) => one.outcome === 'pass' || one.outcome === 'exempt');
  }

  function together(): Remedies['together'] {
    const firsts = found.map(({ ways }) => ways.find(isSupposable));
    if (firsts.length === 0 || firsts.some((way) => way === undefined)) return null;
    const then = Math.max(at, ...firsts.map((way) => way!.then ?? at));
    const supposed = firsts.reduce((before, way) => way!.supposing?.(before, at) ?? before, facts);
    return { at: then, verdict: ask(supposed, then).verdict };
  }
}

function isSupposable(way: Way): boolean {
  return way.supposing !== undefined || way.then !== undefined;
}

function standOf(policySet: CompiledPolicySet, result: RuleResult, facts: DialFacts, at: EpochMs): Stand {
  const compiled =
    policySet.rules.find(({ pack, rule }) => pack === result.pack && rule.id === result.rule) ?? null;
  const parsed =
    compiled === null ? null : ruleTypeNamed(compiled.rule.type)?.params.safeParse(compiled.rule.params);
  const params = parsed?.success === true ? (parsed.data as Record<string, unknown>) : {};
  return { result, compiled, params, facts, at };
}

function waysOf(stand: Stand): Way[] {
  const { result, compiled, facts } = stand;
  const own = WAYS[result.type]?.(stand) ?? [];
  const waits: Way[] =
    result.outcome === 'defer' && result.until !== null
      ? [{ code: 'wait', detail: { until: result.until }, then: result.until }]
      : [];
  const exempting = (compiled?.rule.exemptions ?? []).flatMap((one) => exemptionWays(one, facts));
  return [...waits, ...own, ...exempting];
}

/** What the law itself frees the call by, where it may turn out to be so. What is known to be otherwise is not one. */
function exemptionWays(exemption: Exemption, facts: DialFacts): Way[] {
  const { why, citation } = exemption;
  switch (exemption.kind) {
    case 'consent': {
      const { level, technologies } = exemption;
      const wanted = wantedOf(facts, level);
      const supposing = granting(wanted, { technologies });
      return [{ code: 'consent.exempts', detail: { ...wanted, why, citation }, supposing }];
    }
    case 'relationship': {
      const { relationships: kinds, withinDays } = exemption;
      const supposing = (of: DialFacts, at: EpochMs): DialFacts => ({
        ...of,
        relationships: [...of.relationships, { kind: kinds[0]!, at: at - 1, endedAt: null }],
      });
      return [{ code: 'relationship.record', detail: { kinds, withinDays, why, citation }, supposing }];
    }
    case 'callee':
      return facts.callee.kind === null ? [{ code: 'callee.record', detail: { what: 'kind' } }] : [];
    case 'number_type':
      return [];
  }
}
