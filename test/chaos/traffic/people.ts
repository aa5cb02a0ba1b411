import type { Seeded } from '../seeded.ts';

/** Area codes and the zone that their people say they are in; Phoenix knows no daylight saving. */
const AREAS = [
  ['212', 'America/New_York'],
  ['305', 'America/New_York'],
  ['312', 'America/Chicago'],
  ['303', 'America/Denver'],
  ['602', 'America/Phoenix'],
  ['213', 'America/Los_Angeles'],
] as const;
/** 555-0100 to 555-0199 are reserved for fiction, in each area code. */
const NUMBERS_PER_AREA = 100;
export const PEOPLE_MAX = (AREAS.length * NUMBERS_PER_AREA) / 2;

export interface Somebody {
  readonly externalId: string;
  readonly number: string;
  /** A second number of the same person; null: none. */
  readonly otherNumber: string | null;
  readonly zone: string;
  readonly consent: 'written' | 'none';
}

/** Made-up people: one in eight has two numbers, one in twenty gave no consent. */
export function makePeople(draw: Seeded, count: number): Somebody[] {
  const free = draw.shuffled(
    AREAS.flatMap(([area, zone]) =>
      Array.from({ length: NUMBERS_PER_AREA }, (_, n) => ({
        number: `+1${area}55501${String(n).padStart(2, '0')}`,
        zone,
      })),
    ),
  );
  return Array.from({ length: Math.min(count, PEOPLE_MAX) }, (_, n) => {
    const { number, zone } = free.pop()!;
    return {
      externalId: `P${n}`,
      number,
      otherNumber: draw.next() < 1 / 8 ? free.pop()!.number : null,
      zone,
      consent: draw.next() < 1 / 20 ? 'none' : 'written',
    };
  });
}

const HEADER =
  'external_id,phone,country,time_zone,debt_ref,consent_purpose,consent_basis,consent_at,consent_source';

/** A contact list as its importer takes it. */
export function contactList(people: readonly Somebody[], numbers: 'first' | 'other'): string {
  const rows = people.map((somebody) => {
    const number = numbers === 'first' ? somebody.number : somebody.otherNumber!;
    const consent =
      somebody.consent === 'none' ? ',,,' : 'marketing;collection,written,2026-09-01T10:00:00Z,web_form';
    return `${somebody.externalId},${number},US,${somebody.zone},D-${somebody.externalId},${consent}`;
  });
  return [HEADER, ...rows].join('\n');
}
