import { describe, expect, it } from 'vitest';
import { RightcallError } from '../../domain/failures.ts';
import { bundledDocuments, compilePolicySet } from '../../policies/index.ts';
import { pack, rule } from './support.ts';

const calendars = bundledDocuments().filter(({ kind }) => kind === 'calendar');

/** The faults of one rule, as `field fault`, its parameters' path left out. */
function faultsOf(type: string, params: object): string[] {
  try {
    compilePolicySet([pack([rule('x', type, params)]), ...calendars]);
    return [];
  } catch (error) {
    if (!(error instanceof RightcallError)) throw error;
    return error.faults.map(
      ({ field, fault }) => `${field.replace('test-law.rules[0].params', '')} ${fault}`,
    );
  }
}

const CALENDAR = 'cn-statutory-holidays';
const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const cap = { ratePercent: 3, denominator: 'calls', period: { days: 1 }, scope: 'tenant', connectWithinS: 2 };

describe('parameters that ask for nothing, or for what cannot be, are refused by name', () => {
  it.each<[type: string, wrong: object, fault: string, right: object]>([
    ['ring_minimum', {}, '.seconds is null and no number of rings is set', { seconds: 1 }],
    ['ring_minimum', { seconds: null, rings: null }, '.seconds is null and no', { rings: 1 }],
    [
      'retention',
      { recordClass: 'recording' },
      '.minimum is null and no maximum',
      { recordClass: 'recording', maximum: { days: 1 } },
    ],
    [
      'retention',
      { recordClass: 'recording', minimum: { months: 1 }, maximum: { days: 28 } },
      '.maximum is shorter than the minimum',
      { recordClass: 'recording', minimum: { months: 1 }, maximum: { days: 31 } },
    ],
    ['disclosure', {}, '.items is empty and no aiLabel is set', { items: ['purpose'] }],
    ['disclosure', { items: [] }, '.items is empty', { aiLabel: { modes: ['prompt'], at: ['end'] } }],
    ['disclosure', { items: ['Purpose!'] }, '.items[0] is not a lower-case word', { items: ['purpose_2'] }],
    [
      'contact_eligibility',
      { relations: ['third_party'], thirdParty: 'never' },
      '.relations leaves nobody',
      { relations: ['third_party'], thirdParty: 'any' },
    ],
    ['contact_eligibility', { relations: [] }, '.relations', { relations: ['self'], thirdParty: 'never' }],
    [
      'line_policy',
      { vendor: 'v' },
      ' sets no condition',
      { vendor: 'v', caps: [{ count: 1, window: { days: 1 } }] },
    ],
    [
      'line_policy',
      { vendor: 'v', caps: [] },
      ' sets no condition',
      { vendor: 'v', openWindows: { daily: ['09:00-10:00'] } },
    ],
    [
      'line_policy',
      { vendor: 'v', blockedJurisdictions: [] },
      ' sets no condition',
      { vendor: 'v', blockedJurisdictions: ['CN-XJ'] },
    ],
    [
      'line_policy',
      { vendor: 'v', allowedPurposes: [] },
      ' sets no condition',
      { vendor: 'v', allowedPurposes: ['survey'] },
    ],
    [
      'line_policy',
      { vendor: 'v', licence: null },
      ' sets no condition',
      { vendor: 'v', licence: { name: 'b24' } },
    ],
    [
      'calendar_block',
      { calendar: null },
      '.calendar is null and no weekday',
      { calendar: null, weekdays: ['sun'] },
    ],
    [
      'calendar_block',
      { calendar: null, weekdays: WEEK },
      '.weekdays names all seven',
      { calendar: null, weekdays: WEEK.slice(1) },
    ],
    [
      'calendar_block',
      { calendar: CALENDAR, weekdays: WEEK },
      '.weekdays names all seven',
      { calendar: CALENDAR, weekdays: WEEK, workdaySwap: 'treat_as_workday' },
    ],
    [
      'calendar_block',
      { calendar: null, weekdays: WEEK, workdaySwap: 'treat_as_workday' },
      '.weekdays names all seven',
      { calendar: CALENDAR },
    ],
    ['calendar_block', { calendar: 'nowhere' }, '.calendar names nowhere', { calendar: CALENDAR }],
    [
      'calling_window',
      {
        windows: { sun: ['09:00-10:00'] },
        holidayWindows: { calendar: 'nowhere', windows: { daily: ['09:00-10:00'] } },
      },
      '.calendar names nowhere',
      {
        windows: { sun: ['09:00-10:00'] },
        holidayWindows: { calendar: CALENDAR, windows: { daily: ['09:00-10:00'] } },
      },
    ],
    [
      'calling_window',
      { windows: { daily: ['09:00-10:00'] }, habitualOffsetMinutes: { 'CN-XJ': 721 } },
      '.habitualOffsetMinutes',
      { windows: { daily: ['09:00-10:00'] }, habitualOffsetMinutes: { 'CN-XJ': 720 } },
    ],
    [
      'internal_optout',
      { effect: { businessDays: 1, calendar: 'nowhere' } },
      '.calendar names nowhere',
      { effect: { businessDays: 1, calendar: CALENDAR } },
    ],
    ['internal_optout', { effect: { businessDays: 0 } }, '.effect', { effect: { businessDays: 1 } }],
    [
      'caller_id',
      { allowed: [{ country: 'cn', prefixes: ['95'] }] },
      '.allowed[0].country is not an ISO',
      { allowed: [{ country: 'CN', prefixes: ['95'] }] },
    ],
    [
      'caller_id',
      { denied: [{ country: 'CN', prefixes: ['1234567'] }] },
      '.denied[0].prefixes[0] is not one to six',
      { denied: [{ country: 'CN', prefixes: ['123456'] }] },
    ],
    [
      'caller_id',
      { denied: [{ country: 'CN', prefixes: [''] }] },
      '.denied[0].prefixes[0] is not one to six',
      { denied: [{ country: 'CN', prefixes: ['1'] }] },
    ],
    ['caller_id', { allowedTypes: ['unknown'] }, '.allowedTypes[0]', { allowedTypes: ['other'] }],
    ['caller_id', { deniedTypes: ['unknown'] }, '.deniedTypes[0]', { deniedTypes: ['other'] }],
    ['abandonment_cap', { ...cap, ratePercent: 101 }, '.ratePercent', { ...cap, ratePercent: 100 }],
    ['abandonment_cap', { ...cap, ratePercent: -1 }, '.ratePercent', { ...cap, ratePercent: 0 }],
    ['abandonment_cap', { ...cap, modes: [] }, '.modes', { ...cap, modes: ['progressive'] }],
    [
      'abandonment_cap',
      { ...cap, message: ['Name'] },
      '.message[0] is not a lower-case word',
      { ...cap, message: ['name'] },
    ],
    [
      'technology_consent',
      { technologies: [], level: 'express' },
      '.technologies',
      { technologies: ['prerecorded'], level: 'express' },
    ],
    ['optout_mechanism', { means: [], endWithinS: 0 }, '.means', { means: ['human'], endWithinS: 0 }],
    ['erasure', { triggers: [], withinDays: 0 }, '.triggers', { triggers: ['refusal'], withinDays: 0 }],
    ['suppression_list', { list: '', maxListAgeDays: null }, '.list', { list: 'dnd', maxListAgeDays: 1 }],
    ['registration', { register: '' }, '.register', { register: 'dlt' }],
    ['assessment', { assessment: '' }, '.assessment', { assessment: 'pipia' }],
    [
      'emergency_block',
      { feed: '', maxFeedAgeHours: null },
      '.feed',
      { feed: 'state', maxFeedAgeHours: null },
    ],
    [
      'frequency_cap',
      { count: 1, window: { rolling: { days: 1, hours: 1 } }, unit: 'attempt', key: 'person' },
      '.window',
      { count: 1, window: { rolling: { days: 1 } }, unit: 'attempt', key: 'person' },
    ],
    [
      'cooldown',
      { trigger: 'refusal', duration: { calendarDays: 0 } },
      '.duration',
      { trigger: 'refusal', duration: { calendarDays: 1 } },
    ],
    ['consent', { level: 'express', purposes: [] }, '.purposes', { level: 'express', purposes: ['survey'] }],
    [
      'consent',
      { level: 'express', relationship: { kinds: [], withinDays: null } },
      '.relationship.kinds',
      { level: 'express', relationship: { kinds: ['inquiry'], withinDays: null } },
    ],
  ])('%s: %j', (type, wrong, fault, right) => {
    expect(faultsOf(type, wrong).join('; ')).toContain(fault);
    expect(faultsOf(type, right)).toEqual([]);
  });

  it.each<[windows: object, expected: string]>([
    [{ mon: ['9-12'] }, 'HH:MM-HH:MM from 00:00 to 24:00, the end after the start'],
    [
      { mon: ['12:00-09:00'] },
      'HH:MM-HH:MM from 00:00 to 24:00, the end after the start; split a window over midnight in two',
    ],
    [{ mon: ['09:00-13:00', '12:00-14:00'] }, 'windows that follow one another'],
    [{ mon: [] }, 'at least one window; a rule that never allows would stop every call'],
  ])('windows %j, with what would be right', (windows, expected) => {
    const compile = () => compilePolicySet([pack([rule('x', 'calling_window', { windows })])]);
    const faults = [expect.objectContaining({ expected }) as object];
    expect(compile).toThrow(expect.objectContaining({ faults }) as Error);
  });

  it('one that the type does not have', () => {
    expect(faultsOf('registration', { register: 'dlt', ofWhom: 'us' }).join()).toContain(
      'is not a known field',
    );
  });
});
