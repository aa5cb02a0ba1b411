import { describe, expect, it } from 'vitest';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { numberTables } from '../../policies/number-data.ts';
import type { LocationEvidence } from '../../domain/facts.ts';
import { callerIdOf, compilePolicySet, evaluate, locateNumber, locateParsed } from '../../policies/index.ts';
import { facts, housePack, pack, rule } from './support.ts';

const zonesOf = (e164: string) => locateNumber(e164).locations.map((location) => location.zone);
const jurisdictionsOf = (e164: string) => [
  ...new Set(locateNumber(e164).locations.map((l) => l.jurisdiction)),
];

describe('where a number may be', () => {
  it('all of China is one zone', () => {
    expect(locateNumber('+8619900000101')).toMatchObject({ country: 'CN', type: 'mobile' });
    expect(zonesOf('+8619900000101')).toEqual(['Asia/Shanghai']);
  });
  it('a Chinese number has its province, from the area code or from the range a mobile number was issued in', () => {
    expect(jurisdictionsOf('+869915550101')).toEqual(['CN-XJ']);
    expect(jurisdictionsOf('+868915550101')).toEqual(['CN-XZ']);
    expect(jurisdictionsOf('+861055550101')).toEqual(['CN-BJ']);
    expect(jurisdictionsOf('+862055550101')).toEqual(['CN-GD']);
    expect(jurisdictionsOf('+864715550101')).toEqual(['CN-NM']);
    expect(jurisdictionsOf('+8613602000101')).toEqual(['CN-TJ']);
    expect(jurisdictionsOf('+8613802900101')).toEqual(['CN-GD']);
  });
  it('the province of a Chinese mobile number is weaker evidence than that of a fixed line', () => {
    const confidences = (e164: string) => locateNumber(e164).locations.map(({ confidence }) => confidence);
    expect(confidences('+8613802900101')).toEqual(['low']);
    expect(confidences('+862055550101')).toEqual(['medium']);
  });
  it('a Chinese number that belongs to no place is of China alone', () => {
    expect(jurisdictionsOf('+864005550101')).toEqual(['CN']);
    expect(jurisdictionsOf('+8619900000101')).toEqual(['CN']);
  });
  it('every province of the tables has a code: none is left out', () => {
    const table = numberTables().provincesChina;
    const found = new Set<string>();
    for (let area = 10; area < 1000; area += 1)
      for (const code of table.get(String(area)) ?? []) found.add(code);
    expect(found.size).toBe(31);
  });
  it('a prefix with two zones gives both', () => {
    expect(zonesOf('+17015550101')).toEqual(['America/Denver', 'America/North_Dakota/Center']);
    expect(zonesOf('+12085550101')).toHaveLength(2);
  });
  it('a mobile number may be anywhere in its country, whatever zone its range is put down for', () => {
    // 0491 570 156 is kept for fiction.
    const found = locateNumber('+61491570156');
    expect(found).toMatchObject({ country: 'AU', type: 'mobile' });
    expect(zonesOf('+61491570156')).toEqual(
      expect.arrayContaining([
        'Australia/Sydney',
        'Australia/Brisbane',
        'Australia/Perth',
        'Australia/Lord_Howe',
      ]),
    );
    for (const location of found.locations) {
      expect(location).toMatchObject({ jurisdiction: 'AU', source: 'prefix', confidence: 'low' });
    }
    expect(zonesOf('+61255500100')).toEqual(['Australia/Sydney']);
  });
  it('the state is read from the place, in either way it is written', () => {
    expect(jurisdictionsOf('+12125550101')).toEqual(['US-NY']);
    expect(jurisdictionsOf('+13055550101')).toEqual(['US-FL']);
    expect(jurisdictionsOf('+12065550101')).toEqual(['US-WA']);
    expect(jurisdictionsOf('+12025550101')).toEqual(['US-DC']);
  });
  it('a Canadian number has its province, or every one that its prefix serves', () => {
    expect(jurisdictionsOf('+14165550101')).toEqual(['CA-ON']);
    expect(jurisdictionsOf('+15145550101')).toEqual(['CA-QC']);
    expect(jurisdictionsOf('+12505550101')).toEqual(['CA-BC']);
    expect(jurisdictionsOf('+17825550101')).toEqual(['CA-NS', 'CA-PE']);
    expect(locateNumber('+14165550101').locations[0]).toMatchObject({ confidence: 'low' });
  });
  it('prefixes of one place share their evidence, which is made once', () => {
    expect(locateNumber('+8613802900101').locations).toBe(locateNumber('+8613802800101').locations);
  });
  it('Canada and Puerto Rico are not the United States', () => {
    expect(locateNumber('+14165550101').country).toBe('CA');
    expect(locateNumber('+17875550101').country).toBe('PR');
  });
  it('a toll-free number has every zone of its plan and no country', () => {
    const found = locateNumber('+18005550101');
    expect(found).toMatchObject({ country: null, type: 'toll_free' });
    expect(found.locations.length).toBeGreaterThan(24);
    expect(found.locations.every((location) => location.jurisdiction === null)).toBe(true);
  });
  it('what is no valid number is nowhere', () => {
    for (const text of ['', 'garbage', '+', '+1304555', '+10000000000', '+999123456789']) {
      expect(locateNumber(text)).toEqual({ country: null, type: 'unknown', locations: [] });
    }
  });
  it('a prefix is weak evidence and says so', () => {
    for (const location of locateNumber('+12125550101').locations) {
      expect(location).toMatchObject({ source: 'prefix', confidence: 'low', recordedAt: null });
    }
  });
  it('a number that is parsed already is located alike', () => {
    for (const e164 of ['+12125550101', '+8619900000101', '+18005550101']) {
      expect(locateParsed(parsePhoneNumberFromString(e164)!)).toEqual(locateNumber(e164));
    }
  });
});

describe('rules of a province', () => {
  const t = Date.parse('2026-11-23T10:30:00+08:00');
  const policySet = compilePolicySet([
    pack([rule('everywhere', 'calling_window', { windows: { daily: ['09:00-18:00'] } })]),
    housePack([
      rule('gd', 'calling_window', { windows: { daily: ['09:30-10:00'] } }, { jurisdiction: ['CN-GD'] }),
    ]),
  ]);
  const verdictOf = (locations: readonly LocationEvidence[]) =>
    evaluate({ policySet, facts: { ...facts(), locations: [...locations] }, at: t, horizonMs: 0 }).verdict
      .kind;
  const fromPrefix = (e164: string) => locateNumber(e164).locations;
  const address = (jurisdiction: string): LocationEvidence => ({
    jurisdiction,
    zone: 'Asia/Shanghai',
    source: 'address',
    confidence: 'high',
    recordedAt: t,
  });

  it('bind a number of that province, fixed or mobile, and no other', () => {
    expect(verdictOf(fromPrefix('+862055550101'))).toBe('defer');
    expect(verdictOf(fromPrefix('+8613802900101'))).toBe('defer');
    expect(verdictOf(fromPrefix('+861055550101'))).toBe('allow');
  });
  it('bind whoever may be there: an address elsewhere does not lift them, and one there adds them', () => {
    expect(verdictOf([...fromPrefix('+862055550101'), address('CN-BJ')])).toBe('defer');
    expect(verdictOf([...fromPrefix('+861055550101'), address('CN-GD')])).toBe('defer');
    expect(verdictOf([...fromPrefix('+861055550101'), address('CN-SH')])).toBe('allow');
  });
});

describe('what is told of a number that is shown', () => {
  it('its country, type and first six digits', () => {
    expect(callerIdOf('+442079460123')).toEqual({ country: 'GB', type: 'fixed_line', prefix: '207946' });
    expect(callerIdOf('+12025550100')).toMatchObject({ country: 'US', prefix: '202555' });
    expect(callerIdOf('+911401234567')).toMatchObject({ country: 'IN', prefix: '140123' });
  });
  it('a short or service number is of the country whose calling code it has, and of no known type', () => {
    for (const [e164, prefix] of [
      ['+8695588', '95588'],
      ['+8695013123', '950131'],
      ['+861010123', '101012'],
      ['+8610086', '10086'],
    ] as const) {
      expect(callerIdOf(e164)).toEqual({ country: 'CN', type: 'unknown', prefix });
      // Nobody is called there, so as a number called it stays nowhere.
      expect(locateNumber(e164).country).toBeNull();
    }
  });
  it('what is not valid is of no country where several share its calling code, or none has it', () => {
    for (const e164 of ['+15550100', '+44999', '+18005550100', '+8001234567890', '+999123456', '+86']) {
      expect(callerIdOf(e164).country).toBeNull();
    }
  });
});
