/**
 * Codes (the part of ISO 3166-2 behind the country) of states and provinces by the names that libphonenumber's place
 * tables end with; `British Colombia` is so written there.
 */
const CODES_BY_NAME = {
  US: {
    Alabama: 'AL',
    Alaska: 'AK',
    Arizona: 'AZ',
    Arkansas: 'AR',
    California: 'CA',
    Colorado: 'CO',
    Connecticut: 'CT',
    Delaware: 'DE',
    'Washington D.C.': 'DC',
    Florida: 'FL',
    Georgia: 'GA',
    Hawaii: 'HI',
    Idaho: 'ID',
    Illinois: 'IL',
    Indiana: 'IN',
    Iowa: 'IA',
    Kansas: 'KS',
    Kentucky: 'KY',
    Louisiana: 'LA',
    Maine: 'ME',
    Maryland: 'MD',
    Massachusetts: 'MA',
    Michigan: 'MI',
    Minnesota: 'MN',
    Mississippi: 'MS',
    Missouri: 'MO',
    Montana: 'MT',
    Nebraska: 'NE',
    Nevada: 'NV',
    'New Hampshire': 'NH',
    'New Jersey': 'NJ',
    'New Mexico': 'NM',
    'New York': 'NY',
    'North Carolina': 'NC',
    'North Dakota': 'ND',
    Ohio: 'OH',
    Oklahoma: 'OK',
    Oregon: 'OR',
    Pennsylvania: 'PA',
    'Rhode Island': 'RI',
    'South Carolina': 'SC',
    'South Dakota': 'SD',
    Tennessee: 'TN',
    Texas: 'TX',
    Utah: 'UT',
    Vermont: 'VT',
    Virginia: 'VA',
    'Washington State': 'WA',
    'West Virginia': 'WV',
    Wisconsin: 'WI',
    Wyoming: 'WY',
  },
  CA: {
    Alberta: 'AB',
    'British Columbia': 'BC',
    'British Colombia': 'BC',
    Manitoba: 'MB',
    'New Brunswick': 'NB',
    'Newfoundland and Labrador': 'NL',
    'Nova Scotia': 'NS',
    'Northwest Territories': 'NT',
    Nunavut: 'NU',
    Ontario: 'ON',
    'Prince Edward Island': 'PE',
    Quebec: 'QC',
    Saskatchewan: 'SK',
    Yukon: 'YT',
  },
  CN: {
    Anhui: 'AH',
    Beijing: 'BJ',
    Chongqing: 'CQ',
    Fujian: 'FJ',
    Guangdong: 'GD',
    Gansu: 'GS',
    Guangxi: 'GX',
    Guizhou: 'GZ',
    Henan: 'HA',
    Hubei: 'HB',
    Hebei: 'HE',
    Hainan: 'HI',
    Heilongjiang: 'HL',
    Hunan: 'HN',
    Jilin: 'JL',
    Jiangsu: 'JS',
    Jiangxi: 'JX',
    Liaoning: 'LN',
    'Inner Mongolia': 'NM',
    Ningxia: 'NX',
    Qinghai: 'QH',
    Sichuan: 'SC',
    Shandong: 'SD',
    Shanghai: 'SH',
    Shaanxi: 'SN',
    Shanxi: 'SX',
    Tianjin: 'TJ',
    Xinjiang: 'XJ',
    Tibet: 'XZ',
    Yunnan: 'YN',
    Zhejiang: 'ZJ',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

type Country = keyof typeof CODES_BY_NAME;
const COUNTRIES = Object.keys(CODES_BY_NAME) as Country[];

/** By country: name or code → ISO 3166-2. */
const SUBDIVISIONS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  COUNTRIES.map((country) => {
    const named = Object.entries<string>(CODES_BY_NAME[country]);
    return [
      country,
      new Map(
        named.flatMap(([name, code]) => [name, code].map((one) => [one, `${country}-${code}`] as const)),
      ),
    ];
  }),
);

/**
 * ISO 3166-2 codes of what a place of the tables lies in: `US-NY` for `New York, NY` or `New York`, both provinces for
 * `Nova Scotia/Prince Edward Island`; none where the place names no state or province of the country.
 */
export function subdivisionsOfPlace(country: string, place: string): readonly string[] {
  const codes = SUBDIVISIONS.get(country);
  if (codes === undefined) return [];
  const found = place
    .split(', ')
    .at(-1)!
    .split('/')
    .map((name) => codes.get(name));
  return found.every((code) => code !== undefined) ? [...new Set(found)] : [];
}
