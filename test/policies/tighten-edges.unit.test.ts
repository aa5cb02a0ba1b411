import { describe, expect, it } from 'vitest';
import type { PackDocument, PolicyDocument } from '../../policies/index.ts';
import { loosenings } from '../../policies/tighten.ts';
import { housePack, pack, rule } from './support.ts';

type RuleInput = PackDocument['rules'][number];
const any = (more: Partial<RuleInput> = {}) => rule('x', 'consent', { level: 'express' }, more);
const found = (before: Partial<RuleInput>, after: Partial<RuleInput>) =>
  loosenings([pack([any(before)])], [pack([any(after)])]).map(({ fault }) =>
    fault.replace('would be loosened: ', ''),
  );

describe('a rule that takes the place of another', () => {
  it('binds every place that it bound, by itself or by what holds it', () => {
    const places = (before: string[], after: string[]) =>
      found({ jurisdiction: before }, { jurisdiction: after });
    expect(places(['US-FL', 'CN'], ['US', 'CN'])).toEqual([]);
    expect(places(['US-FL', 'CN'], ['*'])).toEqual([]);
    expect(places(['*'], ['*', 'CN'])).toEqual([]);
    expect(places(['*'], ['CN', 'US'])).toEqual(['it would bind fewer places (CN, US)']);
    expect(places(['US', 'CN'], ['US'])).toEqual(['it would bind fewer places (US)']);
    expect(places(['US'], ['US-FL'])).toEqual(['it would bind fewer places (US-FL)']);
  });
  it('binds no less by any of its limits', () => {
    const limits: [keyof RuleInput, string[], string[]][] = [
      ['purpose', ['marketing'], ['marketing', 'survey']],
      ['channel', ['voice'], ['voice', 'sms']],
      ['calleeType', ['consumer'], ['consumer', 'business']],
      ['numberType', ['mobile'], ['mobile', 'unknown']],
      ['sector', ['bank'], ['bank', 'loan']],
    ];
    for (const [limit, fewer, more] of limits) {
      expect([limit, found({ [limit]: fewer }, { [limit]: more })]).toEqual([limit, []]);
      expect([limit, found({ [limit]: more }, { [limit]: [] })]).toEqual([limit, []]);
      expect(found({ [limit]: more }, { [limit]: fewer })).toEqual([
        `it would bind less by ${limit} (${fewer.join(', ')})`,
      ]);
      expect(found({ [limit]: [] }, { [limit]: more })).toEqual([
        `it would bind less by ${limit} (${more.join(', ')})`,
      ]);
    }
  });
  it('begins no later and ends no earlier', () => {
    const [early, late] = ['2026-06-01', '2026-07-01'];
    const dates = (field: 'effectiveFrom' | 'effectiveTo', before: string | null, after: string | null) =>
      found({ [field]: before }, { [field]: after });
    expect(dates('effectiveFrom', early, early)).toEqual([]);
    expect(dates('effectiveFrom', late, early)).toEqual([]);
    expect(dates('effectiveFrom', late, null)).toEqual([]);
    expect(dates('effectiveFrom', early, late)).toEqual(['it would bind only from 2026-07-01']);
    expect(dates('effectiveFrom', null, early)).toEqual(['it would bind only from 2026-06-01']);
    expect(dates('effectiveTo', early, early)).toEqual([]);
    expect(dates('effectiveTo', early, late)).toEqual([]);
    expect(dates('effectiveTo', early, null)).toEqual([]);
    expect(dates('effectiveTo', late, early)).toEqual(['it would end on 2026-06-01']);
    expect(dates('effectiveTo', null, late)).toEqual(['it would end on 2026-07-01']);
  });
  it('is still of the law or a standard', () => {
    expect(found({ strength: 'law' }, { strength: 'standard' })).toEqual([]);
    expect(found({ strength: 'standard' }, { strength: 'law' })).toEqual([]);
    expect(found({ strength: 'standard' }, { strength: 'house' })).toEqual(['its strength would be house']);
    expect(found({ strength: 'vendor' }, { strength: 'house' })).toEqual([]);
  });
  it('everything by which it is looser is named, a parameter left out as such', () => {
    const before = [pack([rule('x', 'consent', { level: 'written', maxAgeDays: 30 }, { purpose: [] })])];
    const after = [pack([rule('x', 'consent', { level: 'express' }, { purpose: ['survey'] })])];
    expect(loosenings(before, after)).toEqual([
      {
        field: 'test-law/x',
        fault:
          'would be loosened: it would bind less by purpose (survey); level would be "express" and was "written"; maxAgeDays would be left out and was 30',
        expected: expect.stringContaining('the rule as strict as before') as string,
      },
    ]);
  });
});

describe('what ships with the engine', () => {
  it('a rule that moved into a shipped pack is taken as it is there', () => {
    const looser = pack([rule('x', 'consent', { level: 'implied' })], { id: 'shipped' });
    expect(loosenings([pack([any()])], [pack([]), looser], [looser])).toEqual([]);
    expect(loosenings([pack([any()])], [pack([]), looser])).toHaveLength(1);
  });
  it('a shipped pack in the place of one frees none of another', () => {
    const shipped = pack([], { version: 2 });
    const other = pack([rule('y', 'consent', { level: 'express' })], { id: 'other' });
    expect(loosenings([pack([any()]), other], [shipped], [shipped]).map(({ field }) => field)).toEqual([
      'other/y',
    ]);
  });
});

describe('calendars that the law counts on', () => {
  const source = {
    citation: { instrument: 'made up', article: null, url: null, checkedOn: '2026-11-22' },
    confidence: 'S',
    covers: 'all',
  };
  const calendar = (days: string[], more: object = {}) =>
    ({
      kind: 'calendar',
      id: 'days',
      version: 1,
      title: 'Made up',
      jurisdiction: ['CN'],
      coverage: { from: '2026-01-01', to: '2026-12-31' },
      daysOff: days.map((from) => ({ name: from, from })),
      workdays: [],
      sources: [source],
      ...more,
    }) as PolicyDocument;
  const block = pack([rule('block', 'calendar_block', { calendar: 'days' })]);
  const lost = (
    before: PolicyDocument,
    after: PolicyDocument | null,
    accepted: string[] = [],
    trusted: PolicyDocument[] = [],
    using: PolicyDocument = block,
  ) =>
    loosenings([using, before], [using, ...(after === null ? [] : [after])], trusted, new Set(accepted)).map(
      ({ fault }) => fault,
    );
  const three = calendar(['2026-05-01', '2026-06-01', '2026-10-01']);
  const one = calendar(['2026-06-01']);
  it('may lose no day, but by name, or where they ship so', () => {
    expect(lost(three, one)).toEqual(['would no longer hold up calls on 2026-05-01, 2026-10-01']);
    expect(lost(three, one, ['days'])).toEqual([]);
    expect(lost(three, one, [], [one])).toEqual([]);
    expect(lost(one, three)).toEqual([]);
    // Whether a rule still names one that is gone is told as the set is compiled.
    expect(lost(three, null)).toEqual([]);
  });
  it('of many days the first ten are told', () => {
    const many = Array.from({ length: 12 }, (_, i) => `2026-03-${String(i + 10)}`);
    expect(lost(calendar([...many, '2026-06-01']), one)).toEqual([
      `would no longer hold up calls on ${many.slice(0, 10).join(', ')}`,
    ]);
  });
  it('may gain no make-up workday in what they covered, and may beyond it', () => {
    const next = (workdays: string[]) =>
      calendar(['2026-06-01'], { workdays, coverage: { from: '2025-01-01', to: '2027-12-31' } });
    expect(lost(one, next(['2025-12-31', '2027-01-01']))).toEqual([]);
    expect(lost(one, next(['2026-01-01']))).toEqual(['would no longer hold up calls on 2026-01-01']);
    expect(lost(one, next(['2026-12-31']))).toEqual(['would no longer hold up calls on 2026-12-31']);
    expect(lost(calendar(['2026-06-01'], { workdays: ['2026-03-07'] }), next(['2026-03-07']))).toEqual([]);
  });
  it('matter only where a rule of the law or a standard names them', () => {
    expect(
      lost(three, one, [], [], housePack([rule('block', 'calendar_block', { calendar: 'days' })])),
    ).toEqual([]);
    expect(
      lost(
        three,
        one,
        [],
        [],
        pack([rule('block', 'calendar_block', { calendar: null, weekdays: ['sun'] })]),
      ),
    ).toEqual([]);
    expect(
      lost(
        three,
        one,
        [],
        [],
        pack([rule('b', 'calendar_block', { calendar: 'days' }, { strength: 'standard' })]),
      ),
    ).toHaveLength(1);
  });
});

describe('what a pack of the law covers', () => {
  const covering = (version: number, ...covers: [string, string[]][]) =>
    pack([], {
      version,
      covers: covers.map(([jurisdiction, purposes]) => ({ jurisdiction, purposes })) as never,
    });
  it('grows with a new version only, by country and purpose', () => {
    const before = covering(1, ['FR', ['marketing']]);
    const faults = (after: PolicyDocument) =>
      loosenings([before], [after]).map(({ field, fault }) => `${field} ${fault}`);
    expect(faults(covering(1, ['FR', ['marketing']]))).toEqual([]);
    expect(faults(covering(1))).toEqual([]);
    expect(faults(covering(1, ['FR', ['marketing', 'survey']], ['DE', ['marketing']]))).toEqual([
      'test-law.covers would cover FR for survey, DE for marketing in the same version',
    ]);
    expect(faults(covering(2, ['DE', ['marketing']]))).toEqual([]);
  });
});
