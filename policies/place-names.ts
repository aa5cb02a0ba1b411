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

/** Other names that people write, Chinese ones without 省, 市 or 自治区; compared as `plain` gives them. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'US-WA': 'washington',
  'US-DC': 'district of columbia|washington dc',
  'CA-NL': 'newfoundland|newfoundland & labrador',
  'AU-ACT': 'australian capital territory|act',
  'AU-NSW': 'new south wales|nsw',
  'AU-NT': 'northern territory|nt',
  'AU-QLD': 'queensland|qld',
  'AU-SA': 'south australia|sa',
  'AU-TAS': 'tasmania|tas',
  'AU-VIC': 'victoria|vic',
  'AU-WA': 'western australia|wa',
  'CN-AH': '安徽',
  'CN-BJ': '北京',
  'CN-CQ': '重庆',
  'CN-FJ': '福建',
  'CN-GD': '广东',
  'CN-GS': '甘肃',
  'CN-GX': '广西',
  'CN-GZ': '贵州',
  'CN-HA': '河南',
  'CN-HB': '湖北',
  'CN-HE': '河北',
  'CN-HI': '海南',
  'CN-HL': '黑龙江',
  'CN-HN': '湖南',
  'CN-JL': '吉林',
  'CN-JS': '江苏',
  'CN-JX': '江西',
  'CN-LN': '辽宁',
  'CN-NM': '内蒙古|nei mongol|neimenggu',
  'CN-NX': '宁夏',
  'CN-QH': '青海',
  'CN-SC': '四川',
  'CN-SD': '山东',
  'CN-SH': '上海',
  'CN-SN': '陕西',
  'CN-SX': '山西',
  'CN-TJ': '天津',
  'CN-XJ': '新疆',
  'CN-XZ': '西藏|xizang',
  'CN-YN': '云南',
  'CN-ZJ': '浙江',
};

let plainNames: ReadonlyMap<string, string> | undefined;

/** ISO 3166-2 of a state or province by its code (`NY`, `US-NY`) or a name that people write; null where there is none. */
export function subdivisionNamed(country: string, text: string): string | null {
  plainNames ??= new Map([
    ...[...SUBDIVISIONS].flatMap(([of, codes]) =>
      [...codes].map(([name, code]) => [`${of} ${plain(name)}`, code] as const),
    ),
    ...Object.entries(OTHER_NAMES).flatMap(([code, names]) =>
      names.split('|').map((name) => [`${code.slice(0, 2)} ${plain(name)}`, code] as const),
    ),
  ]);
  const name = plain(text);
  const code = name.startsWith(`${country.toLowerCase()}-`) ? name.slice(country.length + 1) : name;
  return plainNames.get(`${country} ${code}`) ?? null;
}

/** Lower case without accents, dots and what only says that it is a province. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\p{M}.]/gu, '')
    .trim()
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/ (?:state|province|municipality|autonomous region)$/, '')
    .replace(/(?:省|市|(?:壮族|回族|维吾尔)?自治区)$/, '');
}
