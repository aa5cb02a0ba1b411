import type { Evaluation, RuleResult, Verdict } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import { invalidInput } from '../domain/failures.ts';
import type { EpochMs } from '../domain/time.ts';
import type { LiveJudgement } from './binding.ts';
import { bind, guards } from './binding.ts';
import type { NextAllowed } from './intervals.ts';
import { always, endOf, holds, SEARCH_BOUND_MS, usableFrom } from './intervals.ts';
import type { CompiledPolicySet, CompiledRule } from './policy-set.ts';

/** Version of the evaluator's semantics; a change that could alter a verdict raises it. */
export const ENGINE_VERSION = 'rightcall.evaluator/3';

export interface EvaluateInput {
  readonly policySet: CompiledPolicySet;
  readonly facts: DialFacts;
  /** The instant asked about. */
  readonly at: EpochMs;
  /** The call may be sent up to this long after `at` (ms, >= 0), and must be allowed throughout. */
  readonly horizonMs: number;
  /** What rules said of the same facts, instant and horizon before; asked first, and added to (policies/same-rules.ts). */
  readonly judged?: JudgedRules;
}

/** Rules that were judged already, by whatever stands for a rule and for those that are the same in content. */
export interface JudgedRules {
  readonly keyOf: (rule: CompiledRule) => CompiledRule;
  readonly known: Map<CompiledRule, { readonly judgement: LiveJudgement; readonly result: RuleResult }>;
}

/**
 * Decides whether a call may be made at `at`, by every applicable rule and with all their reasons; pure.
 *
 * Each rule stands for the set of instants it allows, facts as they are. `allow`: all sets hold the whole of
 * `[at, at + horizonMs]`; `until` is the first instant that some set leaves out, so that a send at `s` is
 * allowed while `s < until`. `defer`: no, but all hold `[until, until + horizonMs]`, and no earlier instant
 * serves. `deny`: there is no such instant, as far as is known, within 400 days.
 *
 * Facts are taken as `dialFactsSchema` would have them; parse what comes from outside first.
 * @throws invalid_input when `at` is no instant or `horizonMs` no length of time
 */
export function evaluate(input: EvaluateInput): Evaluation {
  const { policySet, facts, at, horizonMs } = input;
  // Comparisons with NaN are false, so that no rule would seem to bind: such a question is never answered.
  if (!Number.isSafeInteger(at)) {
    throw invalidInput([
      { field: 'at', fault: 'is not an instant', expected: 'whole milliseconds since 1970' },
    ]);
  }
  if (!Number.isSafeInteger(horizonMs) || horizonMs < 0) {
    throw invalidInput([
      { field: 'horizonMs', fault: 'is not a length of time', expected: 'whole milliseconds, 0 or more' },
    ]);
  }
  const { subject, guardResults } = guards(policySet, facts);
  const judgements = policySet
    .rulesFor(subject.jurisdictions, facts)
    .filter((rule) => rule.inForce.until > at)
    .map(
      (rule) =>
        input.judged?.known.get(input.judged.keyOf(rule))?.judgement ?? bind(rule, subject, horizonMs),
    );
  const results = judgements.map((judgement) => {
    if (input.judged === undefined) return resultAt(judgement, at, horizonMs);
    const key = input.judged.keyOf(judgement.compiled);
    const known = input.judged.known.get(key);
    if (known !== undefined) return known.result;
    const result = resultAt(judgement, at, horizonMs);
    input.judged.known.set(key, { judgement, result });
    return result;
  });

  const all = [...guardResults, ...results];
  const extra: string[] = [];
  let verdict: Verdict;
  if (all.some((result) => result.outcome === 'deny')) verdict = { kind: 'deny' };
  else if (results.some((result) => result.outcome === 'defer')) {
    const search = firstCommonInstant(judgements, at, horizonMs);
    if (typeof search === 'number') verdict = { kind: 'defer', until: search };
    else {
      verdict = { kind: 'deny' };
      all.push(search.result);
      extra.push(search.because);
    }
  } else {
    const ends = results.flatMap((result) => (result.until === null ? [] : [result.until]));
    verdict = { kind: 'allow', until: ends.length === 0 ? null : Math.min(...ends) };
  }
  const reasons = new Set([...extra, ...all.flatMap((r) => (r.reason === null ? [] : [r.reason]))]);
  return {
    engine: ENGINE_VERSION,
    policySetHash: policySet.hash,
    at,
    horizonMs,
    verdict,
    reasons: [...reasons].sort(),
    results: all,
  };
}

/** What one rule says by itself. */
function resultAt(judgement: LiveJudgement, at: EpochMs, horizonMs: number): RuleResult {
  const { compiled, next } = judgement;
  // The answer of most rules for most people, without asking for it.
  const usable = next === always ? at : usableFrom(next, at, horizonMs, at + SEARCH_BOUND_MS);
  const { pack } = compiled;
  const { id: rule, type } = compiled.rule;
  // Written out field by field: spreading a common part took a third of an evaluation's time.
  if (usable === at) {
    const end = next === always ? Infinity : endOf(next, at, at + SEARCH_BOUND_MS);
    const until = Number.isFinite(end) ? end : null;
    const { inputs, exempt, unverified, duties } = judgement.grounds(at);
    const outcome = exempt ? 'exempt' : 'pass';
    if (duties.length === 0) return { pack, rule, type, outcome, reason: null, until, inputs, unverified };
    return { pack, rule, type, outcome, reason: null, until, inputs, unverified, duties: [...duties] };
  }
  const { reason, inputs, unverified } = judgement.refusal(firstNotAllowed(next, at, horizonMs));
  const outcome = usable === null ? 'deny' : 'defer';
  return { pack, rule, type, outcome, reason, until: usable, inputs, unverified };
}

/** A rule that allows `at` but not all of the horizon is asked about the first instant it does not allow. */
function firstNotAllowed(next: NextAllowed, at: EpochMs, horizonMs: number): EpochMs {
  return holds(next, at) ? endOf(next, at, at + horizonMs + 1) : at;
}

/**
 * The first instant after `at` from which every rule allows the whole horizon, by moving to the latest of the
 * rules' own answers until they agree. Each move skips only instants that some rule does not allow, so the
 * result is minimal. When a rule runs out or the bound is passed: the result that says so.
 */
function firstCommonInstant(
  judgements: readonly LiveJudgement[],
  at: EpochMs,
  horizonMs: number,
): EpochMs | { result: RuleResult; because: string } {
  const bound = at + SEARCH_BOUND_MS;
  let candidate = at;
  for (;;) {
    const before = candidate;
    for (const judgement of judgements) {
      const { compiled, next } = judgement;
      const usable = usableFrom(next, candidate, horizonMs, bound);
      if (usable === null || usable > bound) {
        const failing = firstNotAllowed(next, candidate, horizonMs);
        const because = judgement.refusal(failing).reason;
        const inputs = { rule: compiled.rule.id, because, lastTried: candidate, bound };
        return { result: noPermittedInstant(inputs), because };
      }
      candidate = usable;
    }
    if (candidate === before) return candidate;
  }
}

function noPermittedInstant(inputs: Record<string, unknown>): RuleResult {
  return {
    pack: 'engine',
    rule: 'engine.search',
    type: 'guard',
    outcome: 'deny',
    reason: 'no_permitted_instant',
    until: null,
    inputs,
    unverified: false,
  };
}
