import { describe, expect, it } from 'vitest';
import { COUNTRIES_WITH_REGIONS, isKnownZone, locateNumber, regionOf } from '../../policies/index.ts';

const US =
  'AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY';
const CODES = {
  US,
  CA: 'AB BC MB NB NL NS NT NU ON PE QC SK YT',
  AU: 'ACT NSW NT QLD SA TAS VIC WA',
  CN: 'AH BJ CQ FJ GD GS GX GZ HA HB HE HI HL HN JL JS JX LN NM NX QH SC SD SH SN SX TJ XJ XZ YN ZJ',
};

describe('the region that an address names', () => {
  it.each(COUNTRIES_WITH_REGIONS)(
    '%s: every state or province has its code and zones that exist',
    (country) => {
      for (const code of CODES[country].split(' ')) {
        const region = regionOf(country, code);
        expect(region, code).toMatchObject({ jurisdiction: `${country}-${code}` });
        expect(region!.zones.length, code).toBeGreaterThan(0);
        expect(region!.zones.every(isKnownZone), code).toBe(true);
      }
    },
  );
  it.each([
    ['US', 'New York', 'US-NY'],
    ['US', 'us-ny', 'US-NY'],
    ['US', 'Washington', 'US-WA'],
    ['US', 'Washington D.C.', 'US-DC'],
    ['CA', 'Québec', 'CA-QC'],
    ['AU', 'New South Wales', 'AU-NSW'],
    ['CN', '广东省', 'CN-GD'],
    ['CN', '广东', 'CN-GD'],
    ['CN', '北京市', 'CN-BJ'],
    ['CN', '内蒙古自治区', 'CN-NM'],
    ['CN', '新疆维吾尔自治区', 'CN-XJ'],
    ['CN', ' Guangdong Province ', 'CN-GD'],
  ])('of %s, %s is %s', (country, name, jurisdiction) => {
    expect(regionOf(country, name)).toMatchObject({ jurisdiction });
  });
  it('gives every zone of a state that has two', () => {
    expect(regionOf('US', 'FL')).toEqual({
      jurisdiction: 'US-FL',
      zones: ['America/New_York', 'America/Chicago'],
    });
  });
  it('is none where the country has no such region, one of another country too', () => {
    expect(regionOf('US', 'Ontario')).toBeNull();
    expect(regionOf('CN', '东京')).toBeNull();
  });
  it('is the country where no region is stated or its regions are not known, with its zone if it has one alone', () => {
    expect(regionOf('CN', '')).toEqual({ jurisdiction: 'CN', zones: ['Asia/Shanghai'] });
    expect(regionOf('US', '')).toEqual({ jurisdiction: 'US', zones: [] });
    expect(regionOf('JP', 'Osaka')).toEqual({ jurisdiction: 'JP', zones: ['Asia/Tokyo'] });
  });
  it('has the zones that the prefixes of the same state have', () => {
    for (const [e164, state] of [
      ['+12125550101', 'NY'],
      ['+13055550101', 'FL'],
      ['+12085550101', 'ID'],
      ['+18085550101', 'HI'],
      ['+14805550101', 'AZ'],
    ] as const) {
      const { zones } = regionOf('US', state)!;
      for (const { zone } of locateNumber(e164).locations) expect(zones, e164).toContain(zone);
    }
  });
});
