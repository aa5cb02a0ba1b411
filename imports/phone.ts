import parsePhoneNumber, {
  getCountries,
  isSupportedCountry,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/max';

/** A number in E.164, or why the text is none. */
export type NormalisedNumber =
  | { readonly kind: 'valid'; readonly phone: PhoneNumber }
  | { readonly kind: 'invalid'; readonly code: 'phone_missing' | 'phone_invalid'; readonly reason: string };

/** White space and marks that copying from a page or a sheet leaves behind: soft hyphen, zero width, directions. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const PLAIN = /^[ -~]*$/;

/**
 * A number as people write it, to E.164: full-width digits, brackets, dots, spaces, `00` for `+`. Without a country
 * code it is read as one of `country`. Valid means that libphonenumber's full metadata knows its range.
 * @param country ISO 3166-1 alpha-2, or null when neither the row nor the import names one.
 */
export function normaliseNumber(text: string, country: CountryCode | null): NormalisedNumber {
  let written = PLAIN.test(text) ? text.trim() : text.normalize('NFKC').replace(INVISIBLE, '').trim();
  if (written === '') return { kind: 'invalid', code: 'phone_missing', reason: 'there is no number' };
  // 00 is the usual exit code (ITU-T E.123), and people type it instead of + whatever their own country's is.
  if (written.startsWith('00')) written = `+${written.slice(2)}`;
  const phone = parsePhoneNumber(
    written,
    country === null ? { extract: false } : { defaultCountry: country, extract: false },
  );
  if (phone === undefined) {
    const reason =
      country === null && !written.startsWith('+')
        ? 'has no country code, and neither the row nor the import names a country'
        : 'is not written like a phone number, or is too short or too long for one';
    return { kind: 'invalid', code: 'phone_invalid', reason };
  }
  if (!phone.isValid()) {
    const where = phone.country ?? `+${phone.countryCallingCode}`;
    const reason = phone.isPossible()
      ? `lies in no range of numbers that ${where} has given out`
      : `has the wrong length for ${where}`;
    return { kind: 'invalid', code: 'phone_invalid', reason };
  }
  return { kind: 'valid', phone };
}

let countryNames: ReadonlyMap<string, CountryCode> | undefined;

/**
 * A country as people write it: ISO 3166-1 alpha-2, or its English or Chinese name.
 * @returns null when it is none that has phone numbers.
 */
export function countryOf(text: string): CountryCode | null {
  const code = text.trim().toUpperCase();
  if (isSupportedCountry(code)) return code;
  countryNames ??= new Map(
    getCountries().flatMap((country): [string, CountryCode][] =>
      ['en', 'zh-Hans'].map((language) => [
        new Intl.DisplayNames(language, { type: 'region' }).of(country)?.toUpperCase() ?? country,
        country,
      ]),
    ),
  );
  return countryNames.get(code) ?? COUNTRY_ABBREVIATIONS[code] ?? null;
}

const COUNTRY_ABBREVIATIONS: Readonly<Record<string, CountryCode>> = {
  USA: 'US',
  'U.S.': 'US',
  CHN: 'CN',
  PRC: 'CN',
  UK: 'GB',
  GBR: 'GB',
};
