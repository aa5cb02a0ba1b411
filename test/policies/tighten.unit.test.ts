import { describe, expect, it } from 'vitest';
import type { PackDocument, PolicyDocument } from '../../policies/index.ts';
import { bundledDocuments } from '../../policies/index.ts';
import { RULE_TYPE_NAMES } from '../../policies/registry.ts';
import { loosenings } from '../../policies/tighten.ts';
import { housePack, pack, rule } from './support.ts';

type RuleInput = PackDocument['rules'][number];

/** What is found when one rule of the law takes the place of another. */
function found(before: RuleInput, after: RuleInput | null): string {
  const faults = loosenings([pack([before])], [pack(after === null ? [] : [after])]);
  return faults.map(({ field, fault }) => `${field} ${fault}`).join('; ');
}

const cap = (params: object, more: object = {}) =>
  rule(
    'cap',
    'frequency_cap',
    { count: 3, window: { rolling: { days: 7 } }, unit: 'attempt', key: 'person', ...params },
    more,
  );

describe('a rule of the law that would be loosened is refused by name', () => {
  it('gone, of another type, or of less strength', () => {
    expect(found(cap({}), null)).toBe('test-law/cap would be loosened: it is gone');
    expect(found(cap({}), { ...cap({}), type: 'cooldown' })).toContain('its type was frequency_cap');
    expect(found(cap({}), cap({}, { strength: 'vendor' }))).toContain('its strength would be vendor');
  });
  it('a parameter, with what it was and would be', () => {
    expect(found(cap({}), cap({ count: 5 }))).toBe(
      'test-law/cap would be loosened: count would be 5 and was 3',
    );
    expect(found(cap({}), cap({ count: 2 }))).toBe('');
    expect(found(cap({}), cap({ unit: 'connect' }))).toContain('unit would be "connect"');
    expect(found(cap({}), cap({ window: { rolling: { days: 6 } } }))).toContain('window would be');
    expect(found(cap({}), cap({ window: { rolling: { days: 8 } } }))).toBe('');
    expect(found(cap({}), cap({ window: { calendar: 'week' } }))).toContain('window would be');
    expect(found(cap({}), cap({ key: 'debt' }))).toContain('key would be "debt"');
    expect(found(cap({}), cap({ countPurposes: ['survey'] }))).toContain('countPurposes would be');
  });
  it('whom it binds, when, and from what it frees', () => {
    expect(found(cap({}), cap({}, { jurisdiction: ['CN'] }))).toContain('fewer places (CN)');
    expect(found(cap({}, { jurisdiction: ['US-FL'] }), cap({}, { jurisdiction: ['US'] }))).toBe('');
    expect(found(cap({}), cap({}, { purpose: ['marketing'] }))).toContain('bind less by purpose (marketing)');
    expect(found(cap({}), cap({}, { sector: ['bank'] }))).toContain('bind less by sector (bank)');
    expect(found(cap({}), cap({}, { numberType: ['mobile'] }))).toContain('bind less by numberType');
    expect(found(cap({}, { purpose: ['marketing'] }), cap({}))).toBe('');
    expect(found(cap({}), cap({}, { effectiveFrom: '2027-01-01' }))).toContain('only from 2027-01-01');
    expect(found(cap({}), cap({}, { effectiveTo: '2027-01-01' }))).toContain('end on 2027-01-01');
    const exemption = {
      kind: 'callee' as const,
      calleeType: 'business' as const,
      why: 'we would like to',
      citation: { instrument: 'none', article: '1', url: null, checkedOn: '2026-11-22' },
      confidence: 'M' as const,
    };
    expect(found(cap({}), cap({}, { exemptions: [exemption] }))).toContain('an exemption more');
    expect(found(cap({}, { exemptions: [exemption] }), cap({}))).toBe('');
  });
  it('hours: narrower is stricter, wider is not, whatever they look like', () => {
    const hours = (windows: object) => rule('h', 'calling_window', { windows });
    const day = hours({ daily: ['08:00-21:00'] });
    expect(found(day, hours({ daily: ['09:00-12:00', '14:00-20:00'] }))).toBe('');
    expect(found(day, hours({ mon: ['08:00-21:00'] }))).toBe('');
    expect(found(day, hours({ daily: ['08:00-12:00', '12:00-21:00'] }))).toBe('');
    expect(found(day, hours({ daily: ['08:00-21:01'] }))).toContain('windows would be');
    expect(found(hours({ daily: ['08:00-12:00', '12:00-21:00'] }), day)).toBe('');
  });
  it('rules of the house and of vendors may be loosened by those who made them', () => {
    expect(loosenings([housePack([cap({})])], [housePack([cap({ count: 9 })])])).toEqual([]);
    expect(loosenings([housePack([cap({})])], [])).toEqual([]);
  });
  it('where its loosening was accepted by name, and only there', () => {
    const other = { ...cap({}), id: 'other' };
    const base = [pack([cap({}), other])];
    expect(loosenings(base, [pack([])], [], new Set(['cap'])).map(({ field }) => field)).toEqual([
      'test-law/other',
    ]);
  });
  it('what ships with the engine is taken as it is, and not when a letter is changed', () => {
    const base = [pack([cap({})])];
    const shipped = pack([cap({ count: 9 })], { version: 2 });
    expect(loosenings(base, [shipped], [shipped])).toEqual([]);
    expect(loosenings(base, [{ ...shipped, title: 'Changed' }], [shipped])).toHaveLength(1);
  });
  it('a rule may move to another pack', () => {
    expect(loosenings([pack([cap({})])], [pack([]), pack([cap({})], { id: 'new', covers: [] })])).toEqual([]);
  });
  it('coverage added without a new version', () => {
    const covers = [{ jurisdiction: 'FR', purposes: ['marketing' as const] }];
    const wider = pack([], { covers: [...(pack([]).covers ?? []), ...covers] });
    expect(loosenings([pack([])], [wider])[0]?.fault).toContain('would cover FR for marketing');
    expect(loosenings([pack([])], [{ ...wider, version: 2 }])).toEqual([]);
  });
});

describe('calendars that the law counts on', () => {
  const calendar = (daysOff: object[], workdays: string[] = []): PolicyDocument =>
    ({
      kind: 'calendar',
      id: 'days',
      version: 1,
      title: 'Made up',
      jurisdiction: ['CN'],
      coverage: { from: '2026-01-01', to: '2026-12-31' },
      daysOff,
      workdays,
      sources: [
        {
          citation: { instrument: 'made up', article: null, url: null, checkedOn: '2026-11-22' },
          confidence: 'S',
          covers: 'all',
        },
      ],
    }) as PolicyDocument;
  const block = rule('block', 'calendar_block', { calendar: 'days' });
  const two = calendar([
    { name: 'A', from: '2026-05-01' },
    { name: 'B', from: '2026-10-01' },
  ]);
  it('may not lose a day off', () => {
    const one = calendar([{ name: 'B', from: '2026-10-01' }]);
    expect(loosenings([pack([block]), two], [pack([block]), one])).toMatchObject([
      { field: 'days', fault: 'would no longer hold up calls on 2026-05-01' },
    ]);
    expect(loosenings([pack([block]), one], [pack([block]), two])).toEqual([]);
    expect(loosenings([housePack([block]), two], [housePack([block]), one])).toEqual([]);
  });
  it('also where one rule of many, in one pack of many, counts on it; days are told in order', () => {
    const around = (daysOff: PolicyDocument) => [
      pack([rule('hours', 'calling_window', { windows: { daily: ['09:00-18:00'] } }), block]),
      housePack([rule('house', 'calling_window', { windows: { daily: ['10:00-17:00'] } })]),
      daysOff,
    ];
    const none = calendar([{ name: 'C', from: '2026-12-25' }], ['2026-05-09']);
    expect(loosenings(around(two), around(none)).map(({ fault }) => fault)).toEqual([
      'would no longer hold up calls on 2026-05-01, 2026-05-09, 2026-10-01',
    ]);
  });
  it('nor gain a make-up workday in what it covered', () => {
    const swapped = calendar(
      [
        { name: 'A', from: '2026-05-01' },
        { name: 'B', from: '2026-10-01' },
      ],
      ['2026-05-09'],
    );
    expect(loosenings([pack([block]), two], [pack([block]), swapped])[0]?.fault).toContain('2026-05-09');
  });
});

it('every rule that ships is as strict as itself, of every type', () => {
  const documents = bundledDocuments();
  expect(loosenings(documents, documents)).toEqual([]);
  expect(RULE_TYPE_NAMES).toHaveLength(21);
});
