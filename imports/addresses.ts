import { regionOf } from '../policies/index.ts';
import type { ContactField } from './columns.ts';
import type { StatedPlace } from './merge.ts';
import { countryOf } from './phone.ts';

type Cells = Readonly<Partial<Record<ContactField, string>>>;
type Report = (column: ContactField, value: string, code: string, reason: string) => void;

const SOURCES = ['address', 'billing'] as const;
const NO_PLACES: readonly StatedPlace[] = [];

/**
 * Where a row says that the person's address and the one of their bills are. What cannot be read is reported; a region
 * that is not known leaves its country, which is a candidate all the same.
 * @param countryOfNumber for a region without a country; null: the number has none.
 */
export function readPlaces(
  cells: Cells,
  countryOfNumber: string | null,
  report: Report,
): readonly StatedPlace[] {
  let places: StatedPlace[] | undefined;
  for (const source of SOURCES) {
    const country = cells[`${source}_country`]?.trim() ?? '';
    const region = cells[`${source}_region`]?.trim() ?? '';
    if (country === '' && region === '') continue;
    (places ??= []).push(...readPlace(source, country, region, countryOfNumber, report));
  }
  return places ?? NO_PLACES;
}

function readPlace(
  source: StatedPlace['source'],
  stated: string,
  region: string,
  countryOfNumber: string | null,
  report: Report,
): StatedPlace[] {
  const country = stated === '' ? countryOfNumber : countryOf(stated);
  if (country === null) {
    if (stated === '') {
      const reason = `stands without a country, and the number has none; state ${source}_country; left out`;
      report(`${source}_region`, region, 'region', reason);
    } else {
      const reason = 'is no country; expected two letters such as CN (ISO 3166-1); left out';
      report(`${source}_country`, stated, 'country', reason);
    }
    return [];
  }
  let found = regionOf(country, region);
  if (found === null) {
    const reason = `is no state or province of ${country}; expected its code such as ${EXAMPLES[country] ?? 'NY'}, or its name; left out`;
    report(`${source}_region`, region, 'region', reason);
    // A country that only the number tells is a candidate already.
    found = stated === '' ? null : regionOf(country, '');
  }
  if (found === null) return [];
  const { jurisdiction, zones } = found;
  const named = zones.length > 0 ? zones : [null];
  return named.map((zone) => ({ source, jurisdiction, zone }));
}

const EXAMPLES: Readonly<Record<string, string>> = { US: 'NY', CA: 'ON', AU: 'NSW', CN: 'GD' };
