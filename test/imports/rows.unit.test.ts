import { placeKey } from '../../db/repositories/locations.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consentReader, instantOf, type ConsentDefaults } from '../../imports/consents.ts';
import { readContactRow } from '../../imports/contact-rows.ts';
import type { Issue } from '../../imports/issues.ts';
import { mergeContacts, mergeFields, type StatedContact } from '../../imports/merge.ts';
import { countryOf, readNumber } from '../../imports/phone.ts';
import { locateParsed } from '../../policies/index.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const GRANT = {
  consent_purpose: 'marketing',
  consent_basis: 'explicit',
  consent_at: '2026-03-01T09:30:00+08:00',
};

function consent(cells: Record<string, string>, defaults: ConsentDefaults = {}, mapped = Object.keys(cells)) {
  return consentReader(new Set(mapped), defaults)(cells, NOW);
}

describe('numbers', () => {
  it.each([
    ['(202) 555-0100', 'US', '+12025550100'],
    ['202.555.0100', 'US', '+12025550100'],
    ['001 202 555 0100', 'CN', '+12025550100'],
    ['＋１（２０２）５５５－０１００', null, '+12025550100'],
    ['\u202a+1 202 555 0100\u202c', null, '+12025550100'],
    ['199 0000 0101', 'CN', '+8619900000101'],
  ] as const)('%s in %s is %s', (text, country, e164) => {
    expect(readNumber(text, country)).toMatchObject({ kind: 'written', phone: { number: e164 } });
  });

  it.each([
    ['', 'phone_missing'],
    [' \u200b', 'phone_missing'],
    ['n/a', 'phone_invalid'],
    ['call 202 555 0100', 'phone_invalid'],
    ['202 555 0100', 'phone_invalid'],
  ])('%j is no number: %s', (text, code) => {
    expect(readNumber(text, null)).toMatchObject({ kind: 'invalid', code });
  });

  it.each([
    ['cn', 'CN'],
    ['China', 'CN'],
    ['中国', 'CN'],
    ['USA', 'US'],
    ['Atlantis', null],
  ])('the country %s is %s', (text, code) => {
    expect(countryOf(text)).toBe(code);
  });
});

describe('instants', () => {
  it.each([
    ['2026-03-01T09:30:00+08:00', '2026-03-01T01:30:00Z'],
    ['2026-03-01 09:30 +0800', '2026-03-01T01:30:00Z'],
    ['2026-03-01T09:30:00.5Z', '2026-03-01T09:30:00.500Z'],
  ])('%s is %s', (text, iso) => {
    expect(instantOf(text)).toBe(Date.parse(iso));
  });

  it.each([
    '2026-03-01',
    '2026-03-01T09:30:00',
    '2026-02-30T00:00:00Z',
    '01.03.2026',
    '2026-13-01T00:00:00Z',
    '',
  ])('%j is none', (text) => expect(instantOf(text)).toBeNull());
});

describe('a row’s consent', () => {
  it('is a grant with its level, live until it ends or is withdrawn', () => {
    const { events, issues, live } = consent(GRANT);
    expect(issues).toEqual([]);
    expect(live).toBe(true);
    expect(events).toMatchObject([
      { kind: 'grant', purposes: ['marketing'], channels: ['voice'], level: 'express', basis: 'explicit' },
    ]);
    expect(consent({ ...GRANT, consent_expires_at: '2026-11-01T00:00:00Z' }).live).toBe(false);
    expect(consent({ ...GRANT, consent_withdrawn_at: '2026-11-01T00:00:00Z' }).live).toBe(false);
    expect(consent({ ...GRANT, consent_withdrawn_at: '2025-11-01T00:00:00Z' }).live).toBe(true);
  });

  it('its withdrawal is an event of its own', () => {
    const { events } = consent({ ...GRANT, consent_withdrawn_at: '2026-11-01T00:00:00Z' });
    expect(events.map((event) => event.kind)).toEqual(['grant', 'withdrawal']);
  });

  it.each([
    [{ consent_basis: 'because' }, 'consent_basis'],
    [{ consent_purpose: 'selling' }, 'consent_purpose'],
    [{ consent_purpose: 'marketing;selling' }, 'consent_purpose'],
    [{ consent_at: '' }, 'consent_time'],
    [{ consent_at: '2026-03-01' }, 'consent_time'],
    [{ consent_at: '2027-03-01T00:00:00Z' }, 'consent_time'],
    [{ consent_expires_at: 'next year' }, 'consent_time'],
    [{ consent_channel: 'pigeon' }, 'consent_channel'],
    [{ consent_expires_at: GRANT.consent_at }, 'consent_time'],
    [{ consent_expires_at: '2026-02-28T00:00:00Z' }, 'consent_time'],
    [{ consent_basis: 'guardian' }, 'consent_guardian'],
    [{ consent_basis: '监护人同意' }, 'consent_guardian'],
  ])('with %j is reported and not taken', (cells, code) => {
    const { events, issues, live } = consent({ ...GRANT, ...cells });
    expect(events).toEqual([]);
    expect(live).toBe(false);
    expect(issues.map((one) => one.code)).toEqual([code]);
  });

  it.each(['yes', '2026-11-01', '2027-11-01T00:00:00Z'])(
    'withdrawn at %j is withdrawn from now at the latest: a withdrawal is never lost',
    (text) => {
      const { events, issues, live } = consent({ ...GRANT, consent_withdrawn_at: text });
      expect(live).toBe(false);
      expect(events.at(-1)).toMatchObject({ kind: 'withdrawal', occurredAt: NOW });
      expect(issues).toMatchObject([{ code: 'withdrawal_time' }]);
    },
  );

  it.each([
    [
      { consent_expires_at: GRANT.consent_at },
      'consent_expires_at',
      /not after consent_at; expected a later/,
    ],
    [{ consent_basis: 'guardian' }, 'consent_basis', /no column that names them; record it with guardian/],
  ])(
    'not taken with %j leaves the withdrawal of the same row, and says what would be right',
    (cells, column, why) => {
      const withdrawn = { consent_withdrawn_at: '2026-11-01T00:00:00Z' };
      const { events, issues } = consent({ ...GRANT, ...cells, ...withdrawn });
      expect(events).toMatchObject([
        { kind: 'withdrawal', purposes: ['marketing'], occurredAt: Date.parse('2026-11-01T00:00:00Z') },
      ]);
      expect(issues).toMatchObject([{ column }]);
      expect(issues[0]!.reason).toMatch(why);
    },
  );

  it('one millisecond longer than the instant it was given at is a consent', () => {
    const { events } = consent({ ...GRANT, consent_expires_at: '2026-03-01T09:30:00.001+08:00' });
    expect(events).toMatchObject([{ kind: 'grant' }]);
  });

  it('a withdrawal without a grant or a purpose covers all purposes and channels', () => {
    const { events } = consent({ consent_withdrawn_at: '2026-11-01T00:00:00Z' }, {}, [
      'consent_withdrawn_at',
    ]);
    expect(events).toMatchObject([{ kind: 'withdrawal', purposes: { length: 5 } }]);
  });

  it('a default stands for a column the file does not have, never for an empty cell', () => {
    const defaults = { purpose: 'service', basis: 'written', at: '2026-01-01T00:00:00Z' };
    expect(consent({}, defaults, []).events).toMatchObject([{ purposes: ['service'], level: 'written' }]);
    expect(consent({ consent_at: '' }, defaults, ['consent_at']).events).toEqual([]);
    expect(consent({ consent_at: GRANT.consent_at }, defaults, ['consent_at']).events).toMatchObject([
      { purposes: ['service'], occurredAt: Date.parse(GRANT.consent_at) },
    ]);
  });

  it.each([
    ['implied', 'implied'],
    ['Legitimate Interest', 'implied'],
    ['单独同意', 'separate'],
    ['e-signature', 'written'],
  ])('the basis %s is worth %s', (basis, level) => {
    expect(consent({ ...GRANT, consent_basis: basis }).events).toMatchObject([{ level }]);
  });
});

const context = {
  defaultCountry: 'US',
  readConsent: consentReader(new Set(), {}),
  locateParsed,
  now: NOW,
  mac: (text: string) => Buffer.from(text),
} as const;
const row = (cells: Record<string, string>) => {
  const issues: Issue[] = [];
  const read = readContactRow(
    { kind: 'row', line: 2, cells, attributes: {}, unreadable: [] },
    context,
    issues,
  );
  return { read, issues };
};

describe('a row', () => {
  it('with an unknown zone keeps it and says that nobody will be called there', () => {
    const { read, issues } = row({ phone: '(202) 555-0100', time_zone: 'Mars/Olympus' });
    expect(read?.contact.zones).toEqual(['Unknown/Declared']);
    expect(issues).toMatchObject([{ code: 'time_zone', column: 'time_zone', line: 2 }]);
  });

  it('with a number outside every range is not taken, and the number is not shown', () => {
    const { read, issues } = row({ phone: '(202) 055-0100' });
    expect(read).toBeNull();
    expect(issues).toMatchObject([{ code: 'phone_invalid', maskedValue: '(***) ***-**00' }]);
  });

  it('with a priority that is none is taken without it', () => {
    expect(row({ phone: '2025550100', priority: '0' }).read?.contact.priority).toBe(0);
    const { read, issues } = row({ phone: '2025550100', priority: '10' });
    expect(read?.contact.priority).toBeNull();
    expect(issues).toMatchObject([{ code: 'priority' }]);
  });
});

describe('addresses as evidence', () => {
  const phone = '(202) 555-0100';
  const placesOf = (cells: Record<string, string>) => {
    const { read, issues } = row({ phone, ...cells });
    return { places: read?.contact.places, issues };
  };

  it('a state or province by code or name, English or Chinese, with every zone that it has', () => {
    expect(placesOf({ address_country: 'US', address_region: 'FL' })).toEqual({
      places: [
        { source: 'address', jurisdiction: 'US-FL', zone: 'America/New_York' },
        { source: 'address', jurisdiction: 'US-FL', zone: 'America/Chicago' },
      ],
      issues: [],
    });
    const billed = placesOf({ billing_country: '中国', billing_region: '广东省' });
    expect(billed.places).toEqual([{ source: 'billing', jurisdiction: 'CN-GD', zone: 'Asia/Shanghai' }]);
  });
  it('a region without a country is one of the number’s country', () => {
    expect(placesOf({ address_region: 'Ohio' }).places).toMatchObject([{ jurisdiction: 'US-OH' }]);
  });
  it('a country that has several zones adds its law, and no zone', () => {
    expect(placesOf({ address_country: 'AU' }).places).toEqual([
      { source: 'address', jurisdiction: 'AU', zone: null },
    ]);
  });
  it('a region that is not known is an issue; the country that was stated still counts', () => {
    const { places, issues } = placesOf({ address_country: 'CN', address_region: 'Atlantis' });
    expect(places).toEqual([{ source: 'address', jurisdiction: 'CN', zone: 'Asia/Shanghai' }]);
    expect(issues).toMatchObject([{ code: 'region', column: 'address_region' }]);
    expect(placesOf({ address_region: 'Ontario' })).toMatchObject({
      places: [],
      issues: [{ code: 'region', column: 'address_region' }],
    });
  });
  it('a country that is none is an issue, and nothing is made of it', () => {
    expect(placesOf({ billing_country: 'Mordor', billing_region: 'NY' })).toMatchObject({
      places: [],
      issues: [{ code: 'country', column: 'billing_country' }],
    });
  });
});

describe('merging the same person', () => {
  const record = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom<unknown>('', 'x', 'y', null, 1, false),
  );
  const contact: fc.Arbitrary<StatedContact> = fc.record({
    externalId: fc.constantFrom(null, 'e1', 'e2'),
    attributes: record,
    profile: fc.dictionary(fc.constantFrom('name', 'email'), fc.constantFrom('', 'n', 'm')),
    priority: fc.constantFrom(null, 0, 5, 9),
    zones: fc.uniqueArray(fc.constantFrom('Asia/Shanghai', 'Europe/Rome')),
    places: fc.uniqueArray(
      fc.record({
        source: fc.constantFrom('address' as const, 'billing' as const),
        jurisdiction: fc.constantFrom('CN-GD', 'US-FL'),
        zone: fc.constantFrom(null, 'Asia/Shanghai'),
      }),
      { selector: placeKey },
    ),
    consents: fc.constant([]),
    matter: fc.option(
      fc.record(
        {
          relation: fc.constantFrom('self' as const, 'third_party' as const, null),
          debt: fc.constantFrom('d1', 'd2', null),
          contractSince: fc.constantFrom(1, 5, null),
          contractUntil: fc.constantFrom(3, 7),
        },
        { requiredKeys: [] },
      ),
      { nil: null },
    ),
  });

  it('does not depend on where a file is cut into batches (associative)', () => {
    fc.assert(
      fc.property(contact, contact, contact, (a, b, c) => {
        const strip = (one: StatedContact) => ({
          ...one,
          attributes: filled(one.attributes),
          profile: filled(one.profile),
        });
        expect(strip(mergeContacts(mergeContacts(a, b), c))).toEqual(
          strip(mergeContacts(a, mergeContacts(b, c))),
        );
      }),
    );
  });

  it('once more with the same changes nothing', () => {
    fc.assert(
      fc.property(contact, contact, (a, b) => {
        const once = mergeContacts(a, b);
        expect(mergeFields(once.attributes, b.attributes)).toBe(once.attributes);
      }),
    );
  });

  it('never loses a value to an empty one, and keeps the first external id', () => {
    fc.assert(
      fc.property(contact, contact, (a, b) => {
        const merged = mergeContacts(a, b);
        expect(merged.externalId).toBe(a.externalId ?? b.externalId);
        for (const [name, value] of Object.entries(filled(a.attributes))) {
          expect([value, b.attributes[name]]).toContainEqual(merged.attributes[name]);
          expect(['', null, undefined]).not.toContain(merged.attributes[name]);
        }
        for (const [name, value] of Object.entries(filled(b.attributes))) {
          expect(merged.attributes[name]).toEqual(value);
        }
      }),
    );
  });

  function filled(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== '' && value !== null));
  }
});
