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
});
