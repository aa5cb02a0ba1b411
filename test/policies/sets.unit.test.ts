import { describe, expect, it } from 'vitest';
import { RightcallError } from '../../domain/failures.ts';
import { attested, countsIn, idsOf, spanOfAttestation, whileAttested } from '../../policies/attestations.ts';
import type { PackDocument, PolicyDocument } from '../../policies/index.ts';
import { calendarsEndingSoon, compilePolicySet } from '../../policies/index.ts';
import { never } from '../../policies/intervals.ts';
import { isWithin, overlaps } from '../../policies/jurisdictions.ts';
import { isSameReference } from '../../policies/references.ts';
import { bindsCall } from '../../policies/suppressions.ts';
import { at, facts, housePack, pack, rule } from './support.ts';

type RuleInput = PackDocument['rules'][number];
const source = {
  citation: { instrument: 'made up', article: null, url: null, checkedOn: '2026-11-22' },
  confidence: 'S',
  covers: 'all',
};
const calendar = (id: string, more: object = {}) =>
  ({
    kind: 'calendar',
    id,
    version: 1,
    title: 'Made up',
    jurisdiction: ['CN'],
    coverage: { from: '2026-01-01', to: '2026-12-31' },
    daysOff: [{ name: 'A', from: '2026-05-01', to: '2026-05-03' }],
    workdays: ['2026-05-09'],
    sources: [source],
    ...more,
  }) as PolicyDocument;
const any = (id: string, more: Partial<RuleInput> = {}) => rule(id, 'consent', { level: 'express' }, more);

function faultsOf(...documents: unknown[]): string[] {
  try {
    compilePolicySet(documents);
    return [];
  } catch (error) {
    if (!(error instanceof RightcallError)) throw error;
    return error.faults.map(({ field, fault }) => `${field} ${fault}`);
  }
}

describe('a set of documents', () => {
  const documents = [
    calendar('b-days'),
    housePack([any('z'), any('y')], 'a-house'),
    calendar('a-days', { coverage: { from: '2026-01-01', to: '2026-06-30' } }),
    pack([any('x')], { id: 'c-law', version: 3 }),
  ];
  const compiled = () => compilePolicySet(documents);
  it('lists its documents by kind and id, its rules by pack and id, its calendars by id', () => {
    const set = compiled();
    expect(set.documents.map(({ kind, id, version }) => `${kind} ${id} ${version}`)).toEqual([
      'calendar a-days 1',
      'calendar b-days 1',
      'pack a-house 1',
      'pack c-law 3',
    ]);
    expect(set.rules.map((one) => `${one.pack}/${one.rule.id}`)).toEqual([
      'a-house/y',
      'a-house/z',
      'c-law/x',
    ]);
    expect(set.calendars).toEqual([
      { id: 'a-days', coveredTo: '2026-06-30' },
      { id: 'b-days', coveredTo: '2026-12-31' },
    ]);
    expect(new Set(set.documents.map(({ hash }) => hash)).size).toBe(4);
  });
  it('is the same in whatever order the documents are given', () => {
    const reversed = compilePolicySet(documents.toReversed());
    const set = compiled();
    expect(reversed.documents).toEqual(set.documents);
    expect(reversed.rules.map(({ rule: one }) => one.id)).toEqual(['y', 'z', 'x']);
    expect(reversed.calendars).toEqual(set.calendars);
  });
  it('warns of a calendar from so many days before its last day on', () => {
    const set = compiled();
    const soon = (iso: string, withinDays?: number) =>
      calendarsEndingSoon(set, at(iso), withinDays).map(({ id }) => id);
    expect(soon('2026-06-19T23:59:59Z', 10)).toEqual([]);
    expect(soon('2026-06-20T00:00:00Z', 10)).toEqual(['a-days']);
    expect(soon('2026-07-01T00:00:00Z', 10)).toEqual(['a-days']);
    expect(soon('2027-01-01T00:00:00Z')).toEqual(['a-days', 'b-days']);
  });
  it('holds each id once, over all its packs and calendars', () => {
    expect(faultsOf(pack([any('x')]), pack([any('x')], { id: 'other' }))).toEqual([
      'other.rules[0].id x is used twice',
    ]);
    expect(faultsOf(calendar('days'), calendar('days', { version: 2 }))).toEqual([
      'days is the id of two calendars',
    ]);
    // A pack and a calendar may have one name: they are told apart by kind.
    expect(faultsOf(calendar('one'), pack([], { id: 'one' }))).toEqual([]);
  });
  it('days in force may be one day alone', () => {
    expect(faultsOf(pack([any('x', { effectiveFrom: '2026-03-01', effectiveTo: '2026-03-01' })]))).toEqual(
      [],
    );
    expect(faultsOf(pack([any('x', { effectiveFrom: '2026-03-02', effectiveTo: '2026-03-01' })]))).toEqual([
      'test-law.rules[0].effectiveTo is before effectiveFrom',
    ]);
  });
});

describe('rules of one set are found anew for whatever differs in the facts', () => {
  const compiled = () =>
    compilePolicySet([
      pack([
        any('purpose', { purpose: ['survey'] }),
        any('channel', { channel: ['sms'] }),
        any('sector', { sector: ['bank'] }),
        any('callee', { calleeType: ['business'] }),
        any('type', { numberType: ['toll_free'] }),
        any('place', { jurisdiction: ['US-FL'] }),
      ]),
    ]);
  const found = (set: ReturnType<typeof compiled>, shorthand: object, places: string[]) =>
    set.rulesFor(places, facts(shorthand as Record<string, unknown>)).map(({ rule: one }) => one.id);
  it('purpose, channel, sector, kind of callee, type of number and place', () => {
    const asked: [object, string[], string[]][] = [
      [{}, ['CN'], []],
      [{ purpose: 'survey' }, ['CN'], ['purpose']],
      [{ channel: 'sms' }, ['CN'], ['channel']],
      [{ sector: 'bank' }, ['CN'], ['sector']],
      [{ sector: 'loan' }, ['CN'], []],
      [{ callee: { kind: 'business' } }, ['CN'], ['callee']],
      [{ numberType: 'toll_free' }, ['CN'], ['type']],
      [{}, ['US-FL'], ['place']],
      [{}, ['CN', 'US-FL'], ['place']],
    ];
    const set = compiled();
    for (const round of [1, 2])
      for (const [more, places, ids] of asked)
        expect([round, found(set, more, places)]).toEqual([round, ids]);
  });
});

describe('calendars are refused, naming what is wrong', () => {
  it.each<[string, object, string]>([
    [
      'covering nothing',
      { coverage: { from: '2026-02-01', to: '2026-01-31' }, daysOff: [], workdays: [] },
      'days.coverage.to is before coverage.from',
    ],
    ['without a day off', { daysOff: [] }, 'days.daysOff is empty'],
    [
      'days off that end before they begin',
      { daysOff: [{ name: 'A', from: '2026-05-02', to: '2026-05-01' }] },
      'days.daysOff[0].to is before from',
    ],
    [
      'days off before the coverage',
      { daysOff: [{ name: 'A', from: '2025-12-31', to: '2026-01-01' }] },
      'days.daysOff[0] lies outside the coverage',
    ],
    [
      'days off after the coverage',
      { daysOff: [{ name: 'A', from: '2026-12-31', to: '2027-01-01' }] },
      'days.daysOff[0] lies outside the coverage',
    ],
    [
      'a workday before the coverage',
      { workdays: ['2025-12-31'] },
      'days.workdays[0] lies outside the coverage',
    ],
    [
      'a workday after the coverage',
      { workdays: ['2027-01-01'] },
      'days.workdays[0] lies outside the coverage',
    ],
    [
      'a workday that is the last of some days off',
      { workdays: ['2026-05-03'] },
      'days.workdays[0] is a day off too',
    ],
  ])('%s', (_what, more, fault) => {
    expect(faultsOf(calendar('days', more)).join('; ')).toContain(fault);
  });
  it('and says what would be right', () => {
    const fault = () => compilePolicySet([calendar('days', { workdays: ['2025-12-31'] })]);
    expect(fault).toThrow(
      expect.objectContaining({
        faults: [expect.objectContaining({ expected: 'a day from 2026-01-01 to 2026-12-31' })],
      }) as Error,
    );
  });
  it('days at both ends of the coverage are within it', () => {
    const daysOff = [
      { name: 'A', from: '2026-01-02' },
      { name: 'B', from: '2026-12-30', to: '2026-12-30' },
    ];
    expect(faultsOf(calendar('days', { daysOff, workdays: ['2026-01-01', '2026-12-31'] }))).toEqual([]);
    expect(
      faultsOf(
        calendar('days', {
          coverage: { from: '2026-05-01', to: '2026-05-01' },
          daysOff: [{ name: 'A', from: '2026-05-01' }],
          workdays: [],
        }),
      ),
    ).toEqual([]);
  });
});

describe('places', () => {
  it('a state lies within its country, a country not within its state, and no code within one that it begins like', () => {
    expect([
      isWithin('US-FL', 'US'),
      isWithin('US', 'US'),
      isWithin('US', 'US-FL'),
      isWithin('USA', 'US'),
    ]).toEqual([true, true, false, false]);
    expect([overlaps('US', 'US-FL'), overlaps('US-FL', 'US'), overlaps('US-FL', 'US-NY')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('references', () => {
  it('are the same unless both are known and differ', () => {
    expect([
      isSameReference(null, 'a'),
      isSameReference('a', null),
      isSameReference('a', 'a'),
      isSameReference('a', 'b'),
    ]).toEqual([true, true, true, false]);
  });
});

describe('what is on record', () => {
  const given = facts({
    attestations: [
      {
        kind: 'licence',
        name: 'a',
        jurisdiction: 'US-FL',
        from: '2026-11-10T00:00:00Z',
        until: '2026-11-20T00:00:00Z',
      },
      { kind: 'licence', name: 'b' },
      { kind: 'registration', name: 'a' },
      { kind: 'licence', name: 'a', from: '2026-11-15T00:00:00Z' },
    ],
  });
  const held = attested(given, 'licence', 'a');
  it('is found by kind and name', () => {
    expect(idsOf(held)).toEqual(['attestation-1', 'attestation-4']);
    expect(idsOf(held.toReversed())).toEqual(['attestation-1', 'attestation-4']);
    expect(attested(facts(), 'licence', 'a')).toEqual([]);
  });
  it('counts where it was made for, in what lies there, or everywhere', () => {
    expect(['US-FL', 'US', 'US-NY'].map((place) => countsIn(held[0]!, place))).toEqual([true, false, false]);
    expect(['US-FL', 'CN'].map((place) => countsIn(held[1]!, place))).toEqual([true, true]);
  });
  it('is in force to its end, or until it is too old, whichever comes first', () => {
    const DAY = 86_400_000;
    const end = (index: number, maxAgeMs: number | null) => spanOfAttestation(held[index]!, maxAgeMs).until;
    expect([end(0, null), end(0, 20 * DAY), end(0, 5 * DAY)]).toEqual(
      ['2026-11-20T00:00:00Z', '2026-11-20T00:00:00Z', '2026-11-15T00:00:00Z'].map(at),
    );
    expect([end(1, null), end(1, DAY)]).toEqual([Infinity, at('2026-11-16T00:00:00Z')]);
    expect(whileAttested([])).toBe(never);
    expect(whileAttested(held)(0)).toEqual({ from: at('2026-11-10T00:00:00Z'), until: Infinity });
    expect(whileAttested(held, 2 * DAY)(0)).toEqual({
      from: at('2026-11-10T00:00:00Z'),
      until: at('2026-11-12T00:00:00Z'),
    });
  });
});

describe('a do-not-call entry binds by its scope', () => {
  const binds = (entry: object, shorthand: object = {}) => {
    const of = facts({ suppressions: [entry], ...shorthand });
    return bindsCall(of.suppressions[0]!, of);
  };
  it('everywhere, the campaign that it names, the purpose that it names; what it does not name, all', () => {
    expect([binds({ scope: 'national' }), binds({ scope: 'tenant' })]).toEqual([true, true]);
    const named = { campaignId: 'campaign-2', purpose: 'survey' };
    expect([binds({ scope: 'national', ...named }), binds({ scope: 'tenant', ...named })]).toEqual([
      true,
      true,
    ]);
    expect(binds({ scope: 'campaign', campaignId: 'campaign-1' })).toBe(true);
    expect(binds({ scope: 'campaign', campaignId: 'campaign-2' })).toBe(false);
    expect(binds({ scope: 'campaign', campaignId: null })).toBe(true);
    expect(binds({ scope: 'purpose', purpose: 'marketing' })).toBe(true);
    expect(binds({ scope: 'purpose', purpose: 'survey' })).toBe(false);
    expect(binds({ scope: 'purpose', purpose: null })).toBe(true);
    // A campaign that is named limits nothing where the scope is the purpose.
    expect(binds({ scope: 'purpose', campaignId: 'campaign-2', purpose: 'marketing' })).toBe(true);
  });
});
