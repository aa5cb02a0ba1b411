import type { Duty, RuleResult } from '../domain/decision.ts';
import type { DialFacts, LocationEvidence } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import { CONSENT_LEVELS } from '../domain/vocabulary.ts';
import { ANY_CONSENT, consentLookup } from './consents.ts';
import type { BoundExemption } from './exemptions.ts';
import { bindExemption } from './exemptions.ts';
import type { NextAllowed } from './intervals.ts';
import { complement, listed, union, usableFrom } from './intervals.ts';
import type { CompiledPolicySet, CompiledRule } from './policy-set.ts';
import type { Inputs, Subject } from './judgement.ts';
import { isVerified } from './citation.ts';
import { isKnownZone } from './zones.ts';

/** A rule bound to one subject: its type's judgement with its exemptions and dates in force worked in. */
export interface LiveJudgement {
  readonly compiled: CompiledRule;
  readonly next: NextAllowed;
  refusal(t: EpochMs): { reason: string; inputs: Inputs; unverified: boolean };
  grounds(t: EpochMs): { inputs: Inputs; exempt: boolean; unverified: boolean; duties: readonly Duty[] };
}

const NO_DUTIES: readonly Duty[] = [];

export function bind(compiled: CompiledRule, subject: Subject, horizonMs: number): LiveJudgement {
  const { rule, inForce } = compiled;
  const judgement = compiled.judge(subject);
  const unverified = !isVerified(rule.confidence);
  const exemptions = rule.exemptions.map((exemption) => bindExemption(exemption, subject));
  let next = judgement.next;
  for (const exemption of exemptions) next = union(next, exemption.next);
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
        const inputs = { inForceFrom: rule.effectiveFrom };
        return { inputs, exempt: false, unverified: false, duties: NO_DUTIES };
      }
      const held = exemptions.find((one) => usableFrom(one.next, t, horizonMs, t) === t);
      if (held !== undefined) return exemptGrounds(held, t);
      const { inputs, exempt = false } = judgement.grounds(t);
      return {
        inputs,
        exempt,
        unverified: exempt && unverified,
        duties: judgement.duties?.(t) ?? NO_DUTIES,
      };
    },
  };
}

function exemptGrounds(held: BoundExemption, t: EpochMs): ReturnType<LiveJudgement['grounds']> {
  const { exemption } = held;
  return {
    exempt: true,
    inputs: {
      why: exemption.why,
      ...held.evidence(t),
      citation: `${exemption.citation.instrument} ${exemption.citation.article ?? ''}`.trim(),
      confidence: exemption.confidence,
    },
    // An exemption that nobody has verified is worth the same warning as a rule.
    unverified: !isVerified(exemption.confidence),
    duties: NO_DUTIES,
  };
}

/**
 * What holds whatever the packs say. What must be known before any rule can be trusted: in which jurisdictions and zones
 * the number may be, and that a pack of the law covers each country for the purpose (I4, I6). And that who withdrew
 * consent for the purpose, and granted none since, is not called for it (I3), also where the law asks for no consent and a
 * contact of theirs came with a later list.
 */
export function guards(
  policySet: CompiledPolicySet,
  facts: DialFacts,
): { subject: Subject; guardResults: RuleResult[] } {
  const { locations, number } = facts;
  const places = candidatesOf(locations, 'jurisdiction');
  // The number plan's country is a candidate beside every other: a moved number is still one of that country.
  if (number.country !== null && !places.has(number.country)) places.set(number.country, [PLAN]);
  const jurisdictions = [...places.keys()].sort();
  const byZone = candidatesOf(locations, 'zone');
  const named = [...byZone.keys()].sort();
  const zones = named.filter(isKnownZone);
  const unknownZones = named.filter((zone) => !isKnownZone(zone));
  const uncovered = [...new Set(jurisdictions.map((one) => one.slice(0, 2)))].filter(
    (country) => !policySet.covers(country, facts.purpose),
  );
  const jurisdictionReason =
    jurisdictions.length === 0
      ? 'jurisdiction.unknown'
      : uncovered.length > 0
        ? 'jurisdiction.uncovered'
        : null;
  const zoneReason = named.length === 0 || unknownZones.length > 0 ? 'zone.unknown' : null;
  const consent = consentLookup(facts);
  const { withdrawnBy } = consent({ ...ANY_CONSENT, purposes: [facts.purpose], level: CONSENT_LEVELS[0] });
  const withdrawal =
    withdrawnBy === null
      ? []
      : [guardResult('engine.withdrawal', 'consent.withdrawn', { event: withdrawnBy.eventId })];
  return {
    subject: { facts, zones, jurisdictions, consent },
    guardResults: [
      guardResult('engine.jurisdiction', jurisdictionReason, {
        candidates: jurisdictions,
        ...(uncovered.length > 0 ? { uncovered, purpose: facts.purpose } : {}),
        from: inOrder(jurisdictions, places),
      }),
      guardResult('engine.zone', zoneReason, {
        candidates: named,
        ...(unknownZones.length > 0 ? { unknown: unknownZones } : {}),
        from: inOrder(named, byZone),
      }),
      ...withdrawal,
    ],
  };
}

/** Evidence of a candidate that is only the country of the number plan. */
const PLAN = 'country/high';

/**
 * Each candidate with what speaks for it, as the trace shows it: source and confidence, and the day (UTC) on which we
 * learned of it where that is known: `prefix/low`, `address/high@2026-11-01`. Sorted: the trace must not depend on the order in
 * which evidence was recorded.
 */
function candidatesOf(
  locations: readonly LocationEvidence[],
  field: 'jurisdiction' | 'zone',
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const location of locations) {
    const candidate = location[field];
    if (candidate === null) continue;
    const said = evidenceOf(location);
    const known = found.get(candidate);
    if (known === undefined) found.set(candidate, [said]);
    else if (!known.includes(said)) known.push(said);
  }
  for (const known of found.values()) if (known.length > 1) known.sort();
  return found;
}

function inOrder(candidates: readonly string[], from: ReadonlyMap<string, string[]>): Inputs {
  return Object.fromEntries(candidates.map((candidate) => [candidate, from.get(candidate)]));
}

function evidenceOf({ source, confidence, recordedAt }: LocationEvidence): string {
  const said = `${source}/${confidence}`;
  return recordedAt === null ? said : `${said}@${new Date(recordedAt).toISOString().slice(0, 10)}`;
}

function guardResult(rule: string, reason: string | null, inputs: Inputs): RuleResult {
  const outcome = reason === null ? 'pass' : 'deny';
  return { pack: 'engine', rule, type: 'guard', outcome, reason, until: null, inputs, unverified: false };
}
