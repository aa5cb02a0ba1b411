import { describe, expect, it } from 'vitest';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { locateNumber, locateParsed } from '../../policies/index.ts';

const zonesOf = (e164: string) => locateNumber(e164).locations.map((location) => location.zone);
const jurisdictionsOf = (e164: string) => [
  ...new Set(locateNumber(e164).locations.map((l) => l.jurisdiction)),
];

describe('where a number may be', () => {
  it('all of China is one zone', () => {
    expect(locateNumber('+8619900000101')).toMatchObject({ country: 'CN', type: 'mobile' });
    expect(zonesOf('+8619900000101')).toEqual(['Asia/Shanghai']);
  });
  it('Xinjiang and Tibet are told from the rest of China', () => {
    expect(jurisdictionsOf('+869915550101')).toEqual(['CN-XJ']);
    expect(jurisdictionsOf('+868915550101')).toEqual(['CN-XZ']);
    expect(jurisdictionsOf('+861055550101')).toEqual(['CN']);
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
