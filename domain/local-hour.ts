import type { EpochMs } from './time.ts';

/** Making one takes a thousand times as long as asking it. Null: the runtime does not know the zone. */
const formats = new Map<string, Intl.DateTimeFormat | null>();
const FORMATS_MAX = 1_000;

function formatOf(zone: string): Intl.DateTimeFormat | null {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', hour: '2-digit' });
    } catch {
      format = null;
    }
    if (formats.size >= FORMATS_MAX) formats.clear();
    formats.set(zone, format);
  }
  return format;
}

/** The hour of the day (0 to 23) on a zone's clocks; null: the runtime does not know the zone. */
export function localHour(zone: string, at: EpochMs): number | null {
  const format = formatOf(zone);
  return format === null ? null : Number(format.format(at));
}

/**
 * The zone by whose clock hours of the day are told for people of a place: of its candidates that the runtime knows, the
 * first by name, so that all of one cohort go by the same.
 */
export function clockZone(locations: readonly { readonly zone: string | null }[]): string | null {
  const zones = locations.flatMap(({ zone }) => (zone === null || formatOf(zone) === null ? [] : [zone]));
  return zones.sort()[0] ?? null;
}
