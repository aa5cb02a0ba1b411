import parsePhoneNumber, {
  getCountries,
  isSupportedCountry,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/max';

/** A number as it is written, valid or not, or why the text is none. */
export type ReadNumber =
  | { readonly kind: 'written'; readonly phone: PhoneNumber }
  | { readonly kind: 'invalid'; readonly code: 'phone_missing' | 'phone_invalid'; readonly reason: string };

/** White space and marks that copying from a page or a sheet leaves behind: soft hyphen, zero width, directions. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const PLAIN = /^[ -~]*$/;

/**
 * A number as people write it, to E.164: full-width digits, brackets, dots, spaces, `00` for `+`. Without a country
 * code it is read as one of `country`. Whether it is valid is asked apart, because finding out is the dearest part of
 * an import and locating a number finds it out as well.
 * @param country ISO 3166-1 alpha-2, or null when neither the row nor the import names one.
 */
export function readNumber(text: string, country: CountryCode | null): ReadNumber {
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
  return { kind: 'written', phone };
}

/** Why a number that can be read is not one: libphonenumber knows no type for it. */
export function whyNotValid(phone: PhoneNumber): string {
  const where = phone.country ?? `+${phone.countryCallingCode}`;
  return phone.isPossible()
    ? `lies in no range of numbers that ${where} has given out`
    : `has the wrong length for ${where}`;
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
