import type { PhoneNumber } from 'libphonenumber-js/max';
import parsePhoneNumber, { getCountries, getCountryCallingCode } from 'libphonenumber-js/max';
import type { DialFacts, LocationEvidence } from '../domain/facts.ts';
import { longestPrefix, numberTables } from './number-data.ts';
import { subdivisionsOfPlace } from './place-names.ts';

export interface NumberLocation {
  /** ISO 3166-1 country of the number plan; null where the number belongs to none alone (toll-free +1, +800). */
  readonly country: string | null;
  readonly type: DialFacts['number']['type'];
  /** Every place its prefix admits; empty for a number that is not valid. */
  readonly locations: readonly LocationEvidence[];
}

const NOT_VALID: NumberLocation = { country: null, type: 'unknown', locations: [] };

/**
 * Where a number may be, from its prefix alone; pure and offline, some 20 µs. `e164` is `+` and digits; what
 * is not a valid number gives country null, type `unknown` and no locations.
 *
 * A prefix is weak evidence: people take numbers along. All zones of the longest known prefix are given, for a mobile
 * number all zones of its calling code, and
 * the evaluator wants every one of them to allow the call (I4). Add what the person declared beside it.
 */
export function locateNumber(e164: string): NumberLocation {
  const phone = parsePhoneNumber(e164);
  return phone === undefined ? NOT_VALID : locateParsed(phone);
}

/** The same for a number that `libphonenumber-js/max` has parsed already, as an import has: a few µs. */
export function locateParsed(phone: PhoneNumber): NumberLocation {
  const libraryType = phone.getType();
  if (libraryType === undefined) return NOT_VALID;
  const type = TYPES[libraryType] ?? 'other';
  const country = type === 'toll_free' && isShared(phone.countryCallingCode) ? null : (phone.country ?? null);
  return { country, type, locations: locationsOf(phone, country, type) };
}

/**
 * What is told apart of a number that is shown: its country, its type, and the first digits of its national number. Short
 * and service numbers, such as China's 95588, are in no list of valid numbers, yet rules name their ranges: they are of
 * the country whose calling code they have, where it is one country's alone, and of unknown type.
 */
export function callerIdOf(e164: string): {
  readonly country: string | null;
  readonly type: DialFacts['number']['type'];
  readonly prefix: string;
} {
  const phone = parsePhoneNumber(e164);
  if (phone === undefined) return { country: null, type: 'unknown', prefix: '' };
  const { country: located, type } = locateParsed(phone);
  const country = located ?? (isShared(phone.countryCallingCode) ? null : (phone.country ?? null));
  return { country, type, prefix: phone.nationalNumber.slice(0, CALLER_PREFIX_DIGITS) };
}

/** As the facts have it (domain/facts.ts). */
const CALLER_PREFIX_DIGITS = 6;

const TYPES: Readonly<
  Partial<Record<NonNullable<ReturnType<PhoneNumber['getType']>>, DialFacts['number']['type']>>
> = {
  MOBILE: 'mobile',
  FIXED_LINE: 'fixed_line',
  FIXED_LINE_OR_MOBILE: 'fixed_line_or_mobile',
  TOLL_FREE: 'toll_free',
};

/** Calling codes that several countries share, such as 1, 7 and 44. */
let sharedCodes: ReadonlySet<string> | undefined;

function isShared(callingCode: string): boolean {
  if (sharedCodes === undefined) {
    const codes = getCountries().map((country) => String(getCountryCallingCode(country)));
    sharedCodes = new Set(codes.filter((code, index) => codes.indexOf(code) !== index));
  }
  return sharedCodes.has(callingCode);
}

/**
 * Locations by country and the digits that can matter: with the calling code, no prefix of the tables is longer
 * than nine digits (geo-carrier 2.0.0: zones 9, places 2 + 7 for China and 1 + 6 for +1).
 */
const byPrefix = new Map<string, readonly LocationEvidence[]>();
const PREFIX_DIGITS = 10;
const PREFIXES_MAX = 100_000;

function locationsOf(
  phone: PhoneNumber,
  country: string | null,
  type: DialFacts['number']['type'],
): readonly LocationEvidence[] {
  const digits = phone.number.slice(1);
  const key = `${country ?? ''}/${type}/${digits.slice(0, PREFIX_DIGITS)}`;
  let locations = byPrefix.get(key);
  if (locations === undefined) {
    locations = shared(readLocations(digits, phone.countryCallingCode, country, type));
    if (byPrefix.size >= PREFIXES_MAX) byPrefix.clear();
    byPrefix.set(key, locations);
  }
  return locations;
}

/** The same array for the same locations: a province has thousands of prefixes, and an import writes each array once. */
const byContent = new Map<string, readonly LocationEvidence[]>();

function shared(locations: readonly LocationEvidence[]): readonly LocationEvidence[] {
  const key = JSON.stringify(locations);
  const known = byContent.get(key);
  if (known !== undefined) return known;
  byContent.set(key, locations);
  return locations;
}

function readLocations(
  digits: string,
  callingCode: string,
  country: string | null,
  type: DialFacts['number']['type'],
): readonly LocationEvidence[] {
  const tables = numberTables();
  const isMobile = type === 'mobile';
  // Mobile ranges belong to no place, yet the tables name one zone for them, such as Sydney for all of Australia's. So
  // the longest prefix that may be heard is the calling code; but in +1, where the types cannot be told apart.
  const zones =
    (isMobile ? tables.zones.get(callingCode) : undefined) ?? longestPrefix(tables.zones, digits) ?? [];
  const places = subdivisionsOf(country, digits.slice(callingCode.length), type);
  const confidence = confidenceIn(country, zones, places, isMobile);
  const jurisdictions = places.length > 0 ? places : [country];
  const named = zones.length > 0 ? zones : [null];
  return jurisdictions.flatMap((jurisdiction) =>
    named.map((zone): LocationEvidence => ({
      jurisdiction,
      zone,
      source: 'prefix',
      confidence,
      recordedAt: null,
    })),
  );
}

function confidenceIn(
  country: string | null,
  zones: readonly string[],
  places: readonly string[],
  isMobile: boolean,
): LocationEvidence['confidence'] {
  // One zone for a whole country holds wherever the number was taken within it; its province does not.
  if (country === 'CN') return places.length === 0 ? 'high' : isMobile ? 'low' : 'medium';
  return country === 'US' || country === 'CA' || zones.length > 1 ? 'low' : 'medium';
}

/**
 * States and provinces by prefix. China's mobile numbers have the province that they were issued in: people keep them
 * when they move, so it says where else somebody may be, not where they are; the rules of all of China hold as well.
 */
function subdivisionsOf(
  country: string | null,
  national: string,
  type: DialFacts['number']['type'],
): readonly string[] {
  if (country === 'CN') {
    // Of no place are numbers of other kinds, such as 400, though they begin as an area code does.
    if (type !== 'mobile' && type !== 'fixed_line') return [];
    return longestPrefix(numberTables().provincesChina, national) ?? [];
  }
  if (country !== 'US' && country !== 'CA') return [];
  const place = longestPrefix(numberTables().placesNanp, national);
  return place === undefined ? [] : subdivisionsOfPlace(country, place);
}
