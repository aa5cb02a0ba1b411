import type { AttestationFact, DialFacts } from '../domain/facts.ts';
import type { Interval } from '../domain/time.ts';
import type { NextAllowed } from './intervals.ts';
import { listed, never } from './intervals.ts';
import { isWithin } from './jurisdictions.ts';

/** What the tenant has on record of a kind and name, in force or not. */
export function attested(
  facts: DialFacts,
  kind: AttestationFact['kind'],
  name: string,
): readonly AttestationFact[] {
  if (facts.attestations.length === 0) return facts.attestations;
  return facts.attestations.filter((one) => one.kind === kind && one.name === name);
}

/** True when an attestation counts in a jurisdiction: made for it, for what it lies in, or for everywhere. */
export function countsIn(attestation: AttestationFact, jurisdiction: string): boolean {
  return attestation.jurisdiction === null || isWithin(jurisdiction, attestation.jurisdiction);
}

/** When an attestation is in force; `maxAgeMs` after its beginning it no longer is; null: it does not age. */
export function spanOfAttestation(attestation: AttestationFact, maxAgeMs: number | null): Interval {
  const agedOut = maxAgeMs === null ? Infinity : attestation.validFrom + maxAgeMs;
  return { from: attestation.validFrom, until: Math.min(attestation.validUntil ?? Infinity, agedOut) };
}

/** Instants at which at least one of them is in force. */
export function whileAttested(
  attestations: readonly AttestationFact[],
  maxAgeMs: number | null = null,
): NextAllowed {
  if (attestations.length === 0) return never;
  return listed(attestations.map((one) => spanOfAttestation(one, maxAgeMs)));
}

/** Ids for the trace. */
export function idsOf(attestations: readonly AttestationFact[]): string[] {
  return attestations.map((one) => one.attestationId).sort();
}
