import type { EpochMs } from './time.ts';
import { isZone, wallClock } from './wall-clock.ts';

/** The hour of the day (0 to 23) on a zone's clocks; null: the runtime does not know the zone. */
export function localHour(zone: string, at: EpochMs): number | null {
  return isZone(zone) ? wallClock(zone, at).hour : null;
}

/**
 * The zone by whose clock hours of the day are told for people of a place: of its candidates that the runtime knows, the
 * first by name, so that all of one cohort go by the same.
 */
export function clockZone(locations: readonly { readonly zone: string | null }[]): string | null {
  const zones = locations.flatMap(({ zone }) => (zone === null || !isZone(zone) ? [] : [zone]));
  return zones.sort()[0] ?? null;
}
