import { describe, expect, it } from 'vitest';
import { contradictions } from '../../policies/contradictions.ts';
import { bundledDocuments, compilePolicySet } from '../../policies/index.ts';
import { housePack, pack, rule } from './support.ts';

const hours = (id: string, windows: object, more: object = {}) =>
  rule(id, 'calling_window', { windows }, more);

describe('rules that leave no hour', () => {
  it('windows of law and house without a minute in common are named, with whom and what for', () => {
    const set = compilePolicySet([
      pack([hours('law.hours', { daily: ['09:00-12:00'] }, { jurisdiction: ['CN'] })]),
      housePack([hours('house.hours', { daily: ['13:00-18:00'] }, { purpose: ['marketing'] })]),
    ]);
    expect(contradictions(set)).toEqual([
      {
        field: 'house.hours, law.hours',
        fault: 'leave no hour at which CN may be called for marketing',
        expected: 'hours and days that have at least some time in common',
      },
    ]);
  });
  it('a minute in common on one weekday is enough', () => {
    const set = compilePolicySet([
      pack([hours('a', { daily: ['09:00-12:00'] }), hours('b', { mon: ['11:59-18:00'] })]),
    ]);
    expect(contradictions(set)).toEqual([]);
  });
  it('weekdays banned and hours on those days alone', () => {
    const set = compilePolicySet([
      pack([
        hours('a', { sun: ['09:00-12:00'] }),
        rule('b', 'calendar_block', { calendar: null, weekdays: ['sun'] }),
      ]),
    ]);
    expect(contradictions(set).map(({ field }) => field)).toEqual(['a, b']);
  });
  it('rules of different places, purposes or sectors do not meet', () => {
    const set = compilePolicySet([
      pack([
        hours('a', { daily: ['09:00-12:00'] }, { jurisdiction: ['US-FL'] }),
        hours('b', { daily: ['13:00-18:00'] }, { jurisdiction: ['US-NY'] }),
        hours('c', { daily: ['19:00-20:00'] }, { jurisdiction: ['FR'], purpose: ['survey'] }),
        hours('d', { daily: ['08:00-09:00'] }, { jurisdiction: ['FR'], purpose: ['service'] }),
        hours('e', { daily: ['08:00-09:00'] }, { jurisdiction: ['DE'], sector: ['one'] }),
        hours('f', { daily: ['10:00-11:00'] }, { jurisdiction: ['DE'], sector: ['two'] }),
      ]),
    ]);
    expect(contradictions(set)).toEqual([]);
  });
  it('the packs that ship contradict themselves nowhere', () => {
    expect(contradictions(compilePolicySet(bundledDocuments()))).toEqual([]);
  });
  const morning = { daily: ['09:00-12:00'] };
  const evening = { daily: ['13:00-18:00'] };
  const told = (...rules: ReturnType<typeof rule>[]) =>
    contradictions(compilePolicySet([pack(rules)])).map(({ field, fault }) => `${field} ${fault}`);
  it('a rule that is to end stands in nobody’s way', () => {
    expect(told(hours('a', morning), hours('b', evening, { effectiveTo: '2030-01-01' }))).toEqual([]);
  });
  it('each set of rules is told once, for the first that it leaves out', () => {
    expect(told(hours('a', morning), hours('b', evening))).toEqual([
      'a, b leave no hour at which anybody may be called for marketing',
    ]);
  });
  it('rules of one sector are held against those that bind any', () => {
    expect(
      told(hours('a', morning, { sector: ['bank'] }), hours('b', evening, { purpose: ['service'] })),
    ).toEqual(['a, b leave no hour at which anybody may be called for service']);
    expect(
      told(hours('a', morning, { sector: ['bank', 'loan'] }), hours('b', evening, { sector: ['loan'] })),
    ).toHaveLength(1);
  });
  it('a state’s rules are held against its country’s and everybody’s', () => {
    const inState = hours('a', morning, { jurisdiction: ['US-FL'] });
    expect(told(inState, hours('b', evening, { jurisdiction: ['US'] }))).toEqual([
      'a, b leave no hour at which US-FL may be called for marketing',
    ]);
    expect(told(inState, hours('b', evening))).toEqual([
      'a, b leave no hour at which US-FL may be called for marketing',
    ]);
  });
  it('a rule of several places meets the rules of each', () => {
    expect(
      told(
        hours('a', morning, { jurisdiction: ['FR', 'DE'] }),
        hours('b', evening, { jurisdiction: ['DE'] }),
      ),
    ).toEqual(['a, b leave no hour at which DE may be called for marketing']);
  });
  it('other rules than of hours and days are not looked at, nor one rule alone', () => {
    expect(told(hours('a', morning), rule('b', 'consent', { level: 'express' }))).toEqual([]);
  });
  it('hours that a consent would widen are held to be as they are', () => {
    const widened = rule('a', 'calling_window', {
      windows: morning,
      widenedWindows: { daily: ['00:00-24:00'] },
    });
    expect(told(widened, hours('b', evening))).toHaveLength(1);
  });
});
