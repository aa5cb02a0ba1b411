import type { DialFacts } from '../domain/facts.ts';
import { isKnownZone } from '../policies/index.ts';

/** Zones (IANA, known ones) whose clocks a person may live by, sorted. */
export function knownZonesOf(facts: Pick<DialFacts, 'locations'>): string[] {
  const named = facts.locations.flatMap(({ zone }) => (zone !== null && isKnownZone(zone) ? [zone] : []));
  return [...new Set(named)].sort();
}
