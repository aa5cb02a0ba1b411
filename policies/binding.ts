import type { RuleResult } from '../domain/decision.ts';
import type { DialFacts } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import type { ConsentState } from './consents.ts';
import { consentLookup, grantAt, heldThroughout } from './consents.ts';
import type { NextAllowed } from './intervals.ts';
import { complement, listed, union } from './intervals.ts';
import type { CompiledPolicySet, CompiledRule } from './policy-set.ts';
import type { Exemption, Inputs, Subject } from './rule.ts';
import { isVerified } from './citation.ts';
import { isKnownZone } from './zones.ts';

/** A rule bound to one subject: its type's judgement with its exemptions and dates in force worked in. */
export interface LiveJudgement {
  readonly compiled: CompiledRule;
  readonly next: NextAllowed;
  refusal(t: EpochMs): { reason: string; inputs: Inputs; unverified: boolean };
  grounds(t: EpochMs): { inputs: Inputs; exempt: boolean; unverified: boolean };
}

export function bind(compiled: CompiledRule, subject: Subject, horizonMs: number): LiveJudgement {
  const { rule, inForce } = compiled;
  const judgement = compiled.judge(subject);
  const unverified = !isVerified(rule.confidence);
  const exemptions = rule.exemptions.map((exemption) => exemptionFor(exemption, subject));
  let next = judgement.next;
  for (const { state } of exemptions) next = union(next, state.next);
  const bounded = inForce.from !== -Infinity || inForce.until !== Infinity;
  if (bounded) next = union(next, listed(complement([inForce])));

  return {
    compiled,
    next,
    refusal(t) {
      const { reason, inputs } = judgement.refusal(t);
      return { reason, inputs, unverified };
    },
    grounds(t) {
      if (t < inForce.from) {
        return { inputs: { inForceFrom: rule.effectiveFrom }, exempt: false, unverified: false };
      }
      const held = exemptions.find(({ state }) => heldThroughout(state, t, horizonMs));
      if (held !== undefined) return exemptGrounds(held, t);
      const { inputs, exempt = false } = judgement.grounds(t);
      return { inputs, exempt, unverified: exempt && unverified };
    },
  };
}

interface BoundExemption {
  readonly exemption: Exemption;
  readonly state: ConsentState;
}

function exemptionFor(exemption: Exemption, { facts, consent }: Subject): BoundExemption {
  const question = { purposes: [facts.purpose], level: exemption.level, maxAgeMs: null, widens: null };
  return { exemption, state: consent(question) };
}

function exemptGrounds(held: BoundExemption, t: EpochMs): ReturnType<LiveJudgement['grounds']> {
  const { exemption, state } = held;
  return {
    exempt: true,
    inputs: {
      why: exemption.why,
      level: exemption.level,
      event: grantAt(state, t)?.eventId ?? null,
      citation: `${exemption.citation.instrument} ${exemption.citation.article ?? ''}`.trim(),
      confidence: exemption.confidence,
    },
    // An exemption that nobody has verified is worth the same warning as a rule.
    unverified: !isVerified(exemption.confidence),
  };
}

/**
 * What must be known before any rule can be trusted: in which jurisdictions and zones the number may be, and
 * that a pack of the law covers each country for the purpose (I4, I6).
 */
export function guards(
  policySet: CompiledPolicySet,
  facts: DialFacts,
): { subject: Subject; guardResults: RuleResult[] } {
  const jurisdictions = sortedUnique([
    ...facts.locations.map((location) => location.jurisdiction),
    facts.number.country,
  ]);
  const named = sortedUnique(facts.locations.map((location) => location.zone));
  const zones = named.filter(isKnownZone);
  const unknownZones = named.filter((zone) => !isKnownZone(zone));
  const uncovered = sortedUnique(jurisdictions.map((one) => one.slice(0, 2))).filter(
    (country) => !policySet.covers(country, facts.purpose),
  );
  const jurisdictionReason =
    jurisdictions.length === 0
      ? 'jurisdiction.unknown'
      : uncovered.length > 0
        ? 'jurisdiction.uncovered'
        : null;
  const zoneReason = named.length === 0 || unknownZones.length > 0 ? 'zone.unknown' : null;
  return {
    subject: { facts, zones, jurisdictions, consent: consentLookup(facts) },
    guardResults: [
      guardResult('engine.jurisdiction', jurisdictionReason, {
        candidates: jurisdictions,
        ...(uncovered.length > 0 ? { uncovered, purpose: facts.purpose } : {}),
      }),
      guardResult('engine.zone', zoneReason, {
        candidates: named,
        ...(unknownZones.length > 0 ? { unknown: unknownZones } : {}),
      }),
    ],
  };
}

function sortedUnique(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))].sort();
}

function guardResult(rule: string, reason: string | null, inputs: Inputs): RuleResult {
  const outcome = reason === null ? 'pass' : 'deny';
  return { pack: 'engine', rule, type: 'guard', outcome, reason, until: null, inputs, unverified: false };
}
