import { describe, expect, it } from 'vitest';
import type { Interval } from '../../domain/time.ts';
import {
  allBut,
  always,
  complement,
  endOf,
  holds,
  intersection,
  listed,
  merge,
  never,
  SEARCH_BOUND_MS,
  startingAt,
  union,
  usableFrom,
} from '../../policies/intervals.ts';

const span = (from: number, until: number): Interval => ({ from, until });
const set = (...intervals: [number, number][]) => listed(intervals.map(([from, until]) => span(from, until)));
const DAY = 86_400_000;

describe('lists of intervals', () => {
  it('merge sorts, joins what overlaps or touches, and drops what is empty', () => {
    expect(merge([span(5, 7), span(1, 3), span(3, 4), span(9, 9), span(8, 7)])).toEqual([
      span(1, 4),
      span(5, 7),
    ]);
    expect(merge([span(1, 10), span(2, 3)])).toEqual([span(1, 10)]);
    expect(merge([span(1, 3), span(2, 10)])).toEqual([span(1, 10)]);
    expect(merge([])).toEqual([]);
  });
  it('merge leaves what it is given alone', () => {
    const given = [span(1, 3), span(2, 10)];
    merge(given);
    expect(given).toEqual([span(1, 3), span(2, 10)]);
  });
  it('complement is what lies between, before and after', () => {
    expect(complement([])).toEqual([span(-Infinity, Infinity)]);
    expect(complement([span(3, 5), span(1, 2)])).toEqual([span(-Infinity, 1), span(2, 3), span(5, Infinity)]);
    expect(complement([span(-Infinity, 5)])).toEqual([span(5, Infinity)]);
    expect(complement([span(5, Infinity)])).toEqual([span(-Infinity, 5)]);
    expect(complement([span(-Infinity, Infinity)])).toEqual([]);
  });
});

describe('sets of instants', () => {
  it('answer with the first interval that ends after the instant', () => {
    const two = set([1, 3], [5, 7]);
    expect([0, 1, 2, 3, 6, 7].map((t) => two(t))).toEqual([
      span(1, 3),
      span(1, 3),
      span(1, 3),
      span(5, 7),
      span(5, 7),
      null,
    ]);
    expect(startingAt(5)(9)).toEqual(span(5, Infinity));
    expect(never(0)).toBeNull();
  });
  it('all but nothing is everything', () => {
    expect(allBut([])).toBe(always);
    expect(allBut([span(1, 3)])(1)).toEqual(span(3, Infinity));
    expect(allBut([span(1, 3)])(0)).toEqual(span(-Infinity, 1));
  });
  it('hold from their start on and not at their end', () => {
    expect([0, 1, 2, 3].map((t) => holds(set([1, 3]), t))).toEqual([false, true, true, false]);
  });
  it('a union with everything is everything, and with nothing the other', () => {
    const some = set([1, 3]);
    expect(union(always, some)).toBe(always);
    expect(union(some, always)).toBe(always);
    expect(union(some, never)).toBe(some);
    expect(union(never, some)).toBe(some);
  });
  it('a union answers with whichever serves first, and of two that serve at once the longer', () => {
    expect(union(set([5, 6]), set([1, 3]))(0)).toEqual(span(1, 3));
    expect(union(set([1, 3]), set([5, 6]))(0)).toEqual(span(1, 3));
    expect(union(set([1, 3]), set([5, 6]))(4)).toEqual(span(5, 6));
    expect(union(set([5, 6]), set([1, 3]))(4)).toEqual(span(5, 6));
    expect(union(set([1, 3]), set([5, 6]))(6)).toBeNull();
    // Both are in force at 4, though one began later.
    expect(union(set([1, 8]), set([2, 5]))(4)).toEqual(span(1, 8));
    expect(union(set([2, 5]), set([1, 8]))(4)).toEqual(span(1, 8));
  });
  it('an intersection of nothing, or of everything, is everything', () => {
    const some = set([1, 3]);
    expect(intersection([])).toBe(always);
    expect(intersection([always, always])).toBe(always);
    expect(intersection([always, some])).toBe(some);
  });
  it('an intersection is where all hold, however many intervals one must wait for', () => {
    const both = intersection([set([0, 2], [4, 6], [10, 20]), set([2, 4], [5, 8], [12, 13])]);
    expect(both(0)).toEqual(span(5, 6));
    expect(both(6)).toEqual(span(12, 13));
    expect(both(13)).toBeNull();
    expect(intersection([set([0, 4]), set([4, 8])])(0)).toBeNull();
    expect(intersection([never, set([4, 8])])(0)).toBeNull();
  });
  it('an intersection is looked for to the very end of the search, and no further', () => {
    const far = (from: number) => intersection([startingAt(from), startingAt(0)]);
    expect(far(SEARCH_BOUND_MS)(0)).toEqual(span(SEARCH_BOUND_MS, Infinity));
    const first = (until: number) => set([until - 1, until], [SEARCH_BOUND_MS, Infinity]);
    expect(intersection([first(1), first(2)])(0)).toEqual(span(SEARCH_BOUND_MS, Infinity));
    // Two sets that take turns for ever have nothing in common: the search ends by itself.
    const turns = (offset: number) => (t: number) => {
      const from = Math.floor((t - offset) / (2 * DAY)) * 2 * DAY + offset;
      return t < from + DAY ? span(from, from + DAY) : span(from + 2 * DAY, from + 3 * DAY);
    };
    expect(intersection([turns(0), turns(DAY)])(0)).toBeNull();
    const late = SEARCH_BOUND_MS - DAY;
    expect(intersection([turns(0), turns(DAY), set([late, late + 1])])(0)).toBeNull();
    expect(SEARCH_BOUND_MS).toBe(400 * DAY);
  });
  it('end where they leave an instant out; touching answers are one', () => {
    const touching = (t: number) => (t < 10 ? span(t - 1, Math.floor(t) + 1) : null);
    expect(endOf(touching, 5, 100)).toBe(10);
    expect(endOf(set([1, 3], [4, 9]), 1, 100)).toBe(3);
    expect(endOf(startingAt(0), 1, 100)).toBe(Infinity);
    // Not looked for beyond the limit.
    expect(endOf(touching, 5, 7)).toBe(7);
    expect(endOf(never, 5, 7)).toBe(5);
  });
});

describe('the first instant from which a set holds for a whole horizon', () => {
  it('is the instant asked about where it does, and both ends of the horizon count', () => {
    expect(usableFrom(set([0, 10]), 5, 4, 100)).toBe(5);
    expect(usableFrom(set([0, 10]), 5, 5, 100)).toBeNull();
    expect(usableFrom(set([0, 10], [20, 30]), 5, 5, 100)).toBe(20);
  });
  it('passes over what is too short', () => {
    expect(usableFrom(set([1, 3], [5, 9], [20, 40]), 0, 3, 100)).toBe(5);
    expect(usableFrom(set([1, 3], [5, 9], [20, 40]), 0, 4, 100)).toBe(20);
  });
  it('takes touching answers together', () => {
    const touching = (t: number) => (t < 10 ? span(Math.floor(t), Math.floor(t) + 1) : null);
    expect(usableFrom(touching, 2, 1, 100)).toBe(2);
    expect(usableFrom(touching, 2, 7, 100)).toBe(2);
    expect(usableFrom(touching, 2, 8, 100)).toBeNull();
  });
  it('is looked for up to the limit', () => {
    expect(usableFrom(never, 0, 0, 100)).toBeNull();
    expect(usableFrom(set([0, 1], [3, 4], [6, 7]), 1, 0, 0)).toBeNull();
    expect(usableFrom(set([3, 4]), 3, 0, 3)).toBe(3);
  });
});
