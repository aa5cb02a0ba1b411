import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PackDocument, PolicyDocument } from '../../policies/index.ts';
import { bundledDocuments, compilePolicySet, evaluate } from '../../policies/index.ts';
import { RULE_TYPE_NAMES } from '../../policies/registry.ts';
import { loosenings } from '../../policies/tighten.ts';
import { facts, housePack, pack, rule } from './support.ts';

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

describe('the law of it: what is not found looser lets nothing new through', () => {
  const quarter = fc.integer({ min: 0, max: 24 });
  const window = fc
    .tuple(quarter, quarter)
    .filter(([a, b]) => a !== b)
    .map(([a, b]) =>
      [Math.min(a, b), Math.max(a, b)].map((h) => `${String(h).padStart(2, '0')}:00`).join('-'),
    );
  const kinds: fc.Arbitrary<{ type: string; params: object }>[] = [
    fc
      .record({
        daily: fc.array(window, { minLength: 1, maxLength: 1 }),
        sun: fc.array(window, { maxLength: 1 }),
      })
      .map((windows) => ({ type: 'calling_window', params: { windows } })),
    fc
      .record({
        count: fc.integer({ min: 1, max: 4 }),
        window: fc.constantFrom(
          { rolling: { days: 3 } },
          { rolling: { days: 7 } },
          { rolling: { hours: 72 } },
          { calendar: 'day' },
          { calendar: 'week' },
        ),
        unit: fc.constantFrom('attempt', 'connect', 'conversation'),
        key: fc.constantFrom('number', 'person', 'debt'),
        countPurposes: fc.constantFrom([], ['marketing'], ['marketing', 'service']),
      })
      .map((one) => ({ type: 'frequency_cap', params: one })),
    fc
      .record({
        trigger: fc.constantFrom('conversation', 'refusal'),
        duration: fc.constantFrom(
          { days: 2 },
          { days: 3 },
          { hours: 48 },
          { calendarDays: 2 },
          { calendarDays: 4 },
        ),
        key: fc.constantFrom('person', 'debt'),
      })
      .map((one) => ({ type: 'cooldown', params: one })),
    fc
      .record({
        level: fc.constantFrom('implied', 'express', 'written'),
        maxAgeDays: fc.constantFrom(null, 30, 300),
        sellerBound: fc.boolean(),
        forNumber: fc.boolean(),
        relationship: fc.constantFrom(null, { kinds: ['contract'], withinDays: 10 }),
      })
      .map((one) => ({ type: 'consent', params: one })),
  ];
  /** Two versions of one rule. */
  const versions = fc.oneof(...kinds.map((kind) => fc.tuple(kind, kind)));
  const purposes = fc.constantFrom([], ['marketing'], ['marketing', 'service']);
  const NOW = Date.UTC(2026, 10, 23, 4);
  const HOUR = 3_600_000;
  const near = fc.integer({ min: -15 * 24, max: 24 }).map((h) => new Date(NOW + h * HOUR).toISOString());
  const subject = fc.record({
    purpose: fc.constantFrom('marketing', 'service'),
    debt: fc.constantFrom(null, 'd1'),
    seller: fc.constantFrom(null, 'acme'),
    consents: fc.array(
      fc.record({
        level: fc.constantFrom('implied', 'express', 'written'),
        purposes: fc.constant(['marketing', 'service']),
        at: near,
        seller: fc.constantFrom(null, 'acme'),
        number: fc.constantFrom(null, 'number-2'),
      }),
      { maxLength: 2 },
    ),
    relationships: fc.array(fc.record({ kind: fc.constant('contract'), at: near }), { maxLength: 1 }),
    attempts: fc.array(
      fc.record({
        at: near,
        conversation: fc.boolean(),
        debt: fc.constantFrom(null, 'd1', 'd2'),
        number: fc.constantFrom('number-1', 'number-2'),
        purpose: fc.constantFrom('marketing', 'service'),
      }),
      { maxLength: 5 },
    ),
  });

  it('for any two versions of a rule and any facts', () => {
    let stricter = 0;
    const property = fc.property(
      versions,
      purposes,
      purposes,
      fc.array(subject, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 96 }),
      ([before, after], from, to, subjects, hours) => {
        const old = pack([rule('x', before.type, before.params, { purpose: from as never })]);
        const changed = pack([rule('x', after.type, after.params, { purpose: to as never })]);
        if (loosenings([old], [changed]).length > 0) return;
        stricter += 1;
        const [oldSet, newSet] = [compilePolicySet([old]), compilePolicySet([changed])];
        for (const shorthand of subjects) {
          const asked = { facts: facts(shorthand), at: NOW + hours * HOUR, horizonMs: 0 };
          const was = evaluate({ ...asked, policySet: oldSet }).verdict.kind;
          const is = evaluate({ ...asked, policySet: newSet }).verdict.kind;
          if (was !== 'allow') expect([was, is]).not.toEqual([was, 'allow']);
        }
      },
    );
    fc.assert(property, { numRuns: 2_500 });
    expect(stricter).toBeGreaterThan(100);
  });
});
