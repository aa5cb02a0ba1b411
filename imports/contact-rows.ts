import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max';
import type { EpochMs } from '../domain/time.ts';
import { isZone } from '../domain/wall-clock.ts';
import type { NumberLocation } from '../policies/index.ts';
import { readPlaces } from './addresses.ts';
import { FURTHER_PHONES, type ContactField } from './columns.ts';
import { saysNothing, type ConsentReader } from './consents.ts';
import { issue, type Issue } from './issues.ts';
import { readMatter } from './matter.ts';
import type { StatedContact } from './merge.ts';
import { countryOf, readNumber, whyNotValid } from './phone.ts';
import type { BrokenRow, Row } from './rows.ts';

/** A further number of a person, as a row states it. */
export interface StatedNumber {
  /** Place among the further numbers, from 1. */
  readonly place: number;
  readonly e164: string;
  readonly location: NumberLocation;
}

/** A row that names a valid number, and what it says. */
export interface ContactRow {
  readonly line: number;
  readonly e164: string;
  readonly location: NumberLocation;
  readonly further: readonly StatedNumber[];
  readonly contact: StatedContact;
  /** The row states a consent that holds at the import's instant. */
  readonly consented: boolean;
}

export interface ContactRowContext {
  readonly defaultCountry: CountryCode | null;
  readonly readConsent: ConsentReader;
  readonly locateParsed: (phone: PhoneNumber) => NumberLocation;
  readonly now: EpochMs;
  /** Keyed hash of a text under the tenant's pepper. */
  readonly mac: (text: string) => Buffer;
}

const EXTERNAL_ID_CHARS_MAX = 200;
const NO_NUMBERS: readonly StatedNumber[] = [];
const PROFILE_FIELDS = ['name', 'email', 'address'] as const;

/** What a row says, or null when it was not taken; what is wrong with it goes to `issues`. */
export function readContactRow(
  row: Row | BrokenRow,
  context: ContactRowContext,
  issues: Issue[],
): ContactRow | null {
  if (row.kind === 'broken') {
    issues.push(issue(row.line, '', row.text, row.code, row.reason));
    return null;
  }
  const { line, cells } = row;
  const report = (column: ContactField, value: string, code: string, reason: string) => {
    issues.push(issue(line, column, value, code, reason));
  };
  for (const column of row.unreadable) {
    issues.push(
      issue(line, column, '', 'encoding', "holds bytes that are no text in the file's encoding; left out"),
    );
  }
  const country = readCountry();
  const number = readPhone('phone');
  if (number === null) return null;
  const consent = context.readConsent(cells, context.now);
  for (const fault of consent.issues) report(fault.column, fault.value, fault.code, fault.reason);
  return {
    line,
    ...number,
    further: readFurther(number.e164),
    consented: consent.live,
    contact: {
      externalId: readExternalId(),
      attributes: row.attributes,
      profile: readProfile(),
      priority: readPriority(),
      zones: readZone(),
      places: readPlaces(cells, number.location.country, report),
      consents: consent.events,
      matter: readMatter(cells, { now: context.now, mac: context.mac, report }),
    },
  };

  function readCountry(): CountryCode | null {
    const stated = cells.country;
    if (stated === undefined || stated.trim() === '') return context.defaultCountry;
    const named = countryOf(stated);
    if (named === null) {
      report('country', stated, 'country', 'is no country; expected two letters such as CN (ISO 3166-1)');
    }
    return named;
  }

  function readPhone(
    field: 'phone' | (typeof FURTHER_PHONES)[number],
  ): { e164: string; location: NumberLocation } | null {
    const text = cells[field] ?? '';
    const number = readNumber(text, country);
    if (number.kind === 'invalid') {
      report(field, text, number.code, number.reason);
      return null;
    }
    const location = context.locateParsed(number.phone);
    if (location.type !== 'unknown') return { e164: number.phone.number, location };
    report(field, text, 'phone_invalid', whyNotValid(number.phone));
    return null;
  }

  /** One that cannot be read is left out, and the contact taken all the same. */
  function readFurther(primary: string): readonly StatedNumber[] {
    let numbers: StatedNumber[] | undefined;
    for (const [i, field] of FURTHER_PHONES.entries()) {
      const text = cells[field]?.trim();
      if (text === undefined || text === '') continue;
      const further = readPhone(field);
      if (further === null || further.e164 === primary) continue;
      if (numbers?.some(({ e164 }) => e164 === further.e164) === true) continue;
      (numbers ??= []).push({ place: i + 1, ...further });
    }
    return numbers ?? NO_NUMBERS;
  }

  function readExternalId(): string | null {
    const id = cells.external_id?.trim().replaceAll('\0', '');
    if (id === undefined || id === '') return null;
    if (id.length <= EXTERNAL_ID_CHARS_MAX) return id;
    report('external_id', id, 'external_id', `is longer than ${EXTERNAL_ID_CHARS_MAX} characters; left out`);
    return null;
  }

  function readPriority(): number | null {
    const text = cells.priority?.trim();
    if (text === undefined || text === '') return null;
    if (/^[0-9]$/.test(text)) return Number(text);
    report('priority', text, 'priority', 'is no whole number from 0 (last) to 9 (first); left out');
    return null;
  }

  function readZone(): string[] {
    const zone = cells.time_zone?.trim().replaceAll('\0', '');
    if (zone === undefined || saysNothing(zone)) return [];
    if (isZone(zone)) return [zone];
    report(
      'time_zone',
      zone,
      'time_zone',
      'is no IANA time zone such as Asia/Shanghai; kept as unknown, and nobody is called in a zone that is not known',
    );
    return [UNKNOWN_ZONE];
  }

  function readProfile(): Record<string, string> {
    const profile: Record<string, string> = {};
    for (const field of PROFILE_FIELDS) {
      const value = cells[field]?.trim();
      if (value !== undefined && value !== '') profile[field] = value;
    }
    return profile;
  }
}

/**
 * What is kept of a declared zone that there is not: that it is not known. Its text may be anything, a name in the wrong
 * column too, and zones stand unsealed in the evidence (I8).
 */
export const UNKNOWN_ZONE = 'Unknown/Declared';
