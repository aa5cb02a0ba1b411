import { getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max';
import { numberTables } from './number-data.ts';
import { subdivisionNamed } from './place-names.ts';

/** Where an address is, as evidence of where a person is: a jurisdiction, and every zone that it has. */
export interface Region {
  /** ISO 3166-1 or 3166-2. */
  readonly jurisdiction: string;
  /** IANA names, all of which must allow (I4); empty: the country has several, and the address does not say which. */
  readonly zones: readonly string[];
}

/** Countries whose states or provinces are known by name. */
export const COUNTRIES_WITH_REGIONS = ['US', 'CA', 'AU', 'CN'] as const;

/**
 * Zones of states and provinces that have not the one of their country below; IANA time zone database 2025b. Where an
 * officially observed zone covers a part only, both stand: the address does not say in which part it is.
 */
const ZONES: Readonly<Record<string, readonly string[]>> = zonesFrom({
  'America/New_York': 'US: CT DC DE FL GA KY MA MD ME NC NH NJ NY OH PA RI SC TN VA VT WV',
  'America/Chicago': 'US: AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI',
  'America/Denver': 'US: AZ CO KS MT ND NE NM NV SD TX UT WY',
  'America/Los_Angeles': 'US: CA ID NV OR WA',
  'America/Phoenix': 'US: AZ',
  'America/Boise': 'US: ID OR',
  'America/Detroit': 'US: MI',
  'America/Indiana/Indianapolis': 'US: IN',
  'America/Anchorage': 'US: AK',
  'America/Adak': 'US: AK',
  'Pacific/Honolulu': 'US: HI',
  'America/Toronto': 'CA: ON QC',
  'America/Winnipeg': 'CA: MB ON',
  'America/Atikokan': 'CA: NU ON',
  'America/Halifax': 'CA: NS PE QC',
  'America/Blanc-Sablon': 'CA: QC',
  'America/Moncton': 'CA: NB',
  'America/St_Johns': 'CA: NL',
  'America/Goose_Bay': 'CA: NL',
  'America/Regina': 'CA: SK',
  'America/Edmonton': 'CA: AB BC NT SK',
  'America/Vancouver': 'CA: BC',
  'America/Dawson_Creek': 'CA: BC',
  'America/Whitehorse': 'CA: YT',
  'America/Iqaluit': 'CA: NU',
  'America/Rankin_Inlet': 'CA: NU',
  'America/Cambridge_Bay': 'CA: NU',
  'Australia/Sydney': 'AU: ACT NSW',
  'Australia/Broken_Hill': 'AU: NSW',
  'Australia/Lord_Howe': 'AU: NSW',
  'Australia/Melbourne': 'AU: VIC',
  'Australia/Brisbane': 'AU: QLD',
  'Australia/Adelaide': 'AU: SA',
  'Australia/Darwin': 'AU: NT',
  'Australia/Perth': 'AU: WA',
  'Australia/Eucla': 'AU: WA',
  'Australia/Hobart': 'AU: TAS',
});

function zonesFrom(byZone: Readonly<Record<string, string>>): Record<string, string[]> {
  const zones: Record<string, string[]> = {};
  for (const [zone, places] of Object.entries(byZone)) {
    const [country = '', codes = ''] = places.split(': ');
    for (const code of codes.split(' ')) (zones[`${country}-${code}`] ??= []).push(zone);
  }
  return zones;
}

/**
 * The region that an address names; pure.
 * @param country ISO 3166-1, two letters in capitals.
 * @param region a state's or province's code or name, in English or Chinese; empty: none is stated.
 * @returns null where the country's regions are known and this is none of them. Of other countries the country alone.
 */
export function regionOf(country: string, region: string): Region | null {
  const whole = { jurisdiction: country, zones: zonesOfCountry(country) };
  if (region.trim() === '' || !COUNTRIES_WITH_REGIONS.some((one) => one === country)) return whole;
  const jurisdiction = subdivisionNamed(country, region);
  return jurisdiction === null ? null : { jurisdiction, zones: ZONES[jurisdiction] ?? whole.zones };
}

/**
 * The region of an ISO 3166 code in capitals, `CN` or `US-FL`; null where there is none. Of countries whose regions are not
 * known any code is taken.
 */
export function regionOfCode(code: string): Region | null {
  const [country = '', region = ''] = code.split('-');
  if (!isSupportedCountry(country)) return null;
  const found = regionOf(country, region);
  if (found === null || found.jurisdiction === code) return found;
  return found.jurisdiction === country ? { jurisdiction: code, zones: found.zones } : null;
}

/** The zone of a country that has one alone, by the table of calling codes; else none. */
function zonesOfCountry(country: string): readonly string[] {
  if (!isSupportedCountry(country)) return [];
  const zones = numberTables().zones.get(getCountryCallingCode(country)) ?? [];
  return zones.length === 1 ? zones : [];
}
