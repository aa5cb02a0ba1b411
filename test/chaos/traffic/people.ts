import type { Seeded } from '../seeded.ts';

/** The zones that people say they are in; Phoenix knows no daylight saving. */
const ZONES = [
  'America/New_York',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Phoenix',
  'America/Los_Angeles',
] as const;
/** Area codes of these zones: a row for each wave of people, so that nobody's number comes twice in a run. */
const AREA_CODES = [
  ['212', '305', '312', '303', '602', '213'],
  ['201', '404', '214', '505', '480', '206'],
  ['202', '407', '217', '801', '520', '415'],
  ['203', '410', '281', '406', '623', '503'],
  ['215', '412', '314', '307', '928', '510'],
  ['216', '413', '316', '719', '702', '530'],
  ['301', '302', '318', '970', '775', '559'],
  ['304', '315', '319', '435', '209', '310'],
  ['313', '330', '205', '575', '253', '323'],
  ['401', '419', '225', '720', '360', '408'],
] as const;
/** How many waves of people there are, each with numbers of its own. */
export const WAVES_MAX = AREA_CODES.length;
/** 555-0100 to 555-0199 are reserved for fiction, in each area code. */
const NUMBERS_PER_AREA = 100;
export const PEOPLE_MAX = (ZONES.length * NUMBERS_PER_AREA) / 2;

export interface Somebody {
  readonly externalId: string;
  readonly number: string;
  /** A second number of the same person; null: none. */
  readonly otherNumber: string | null;
  readonly zone: string;
  readonly consent: 'written' | 'none';
}

/**
 * Made-up people: one in eight has two numbers, one in twenty gave no consent.
 * @param wave from 0 to `WAVES_MAX` - 1; no two waves share a number
 */
export function makePeople(draw: Seeded, count: number, wave = 0): Somebody[] {
  const free = draw.shuffled(
    ZONES.flatMap((zone, of) =>
      Array.from({ length: NUMBERS_PER_AREA }, (_, n) => ({
        number: `+1${AREA_CODES[wave]![of]}55501${String(n).padStart(2, '0')}`,
        zone,
      })),
    ),
  );
  return Array.from({ length: Math.min(count, PEOPLE_MAX) }, (_, n) => {
    const { number, zone } = free.pop()!;
    return {
      externalId: wave === 0 ? `P${n}` : `W${wave}P${n}`,
      number,
      otherNumber: draw.next() < 1 / 8 ? free.pop()!.number : null,
      zone,
      consent: draw.next() < 1 / 20 ? 'none' : 'written',
    };
  });
}

const HEADER =
  'external_id,phone,country,time_zone,debt_ref,consent_purpose,consent_basis,consent_at,consent_source';

/** A contact list as its importer takes it. @param debts what their debts' references begin with */
export function contactList(people: readonly Somebody[], numbers: 'first' | 'other', debts: string): string {
  const rows = people.map((somebody) => {
    const number = numbers === 'first' ? somebody.number : somebody.otherNumber!;
    const consent =
      somebody.consent === 'none' ? ',,,' : 'marketing;collection,written,2026-09-01T10:00:00Z,web_form';
    return `${somebody.externalId},${number},US,${somebody.zone},${debts}-${somebody.externalId},${consent}`;
  });
  return [HEADER, ...rows].join('\n');
}
