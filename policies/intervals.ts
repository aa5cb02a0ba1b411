import type { EpochMs, Interval } from '../domain/time.ts';
import { DAY_MS } from '../domain/time.ts';

/**
 * A set of instants, given by its one question: the first interval `[from, until)` of the set with
 * `until > t`, or null when there is none (or none is known). The answer need not be maximal: where the
 * set goes on at `until`, asking again at `until` says so. It must not depend on anything but `t`.
 */
export type NextAllowed = (t: EpochMs) => Interval | null;

/**
 * How far ahead of the instant evaluated a permitted instant is looked for (ms). 400 days, so that a yearly
 * window or block is seen once in full; what lies beyond is a denial with `no_permitted_instant`.
 */
export const SEARCH_BOUND_MS = 400 * DAY_MS;

const ALWAYS: Interval = { from: -Infinity, until: Infinity };

export const always: NextAllowed = () => ALWAYS;
export const never: NextAllowed = () => null;

/** Everything from `from` on. */
export function startingAt(from: EpochMs): NextAllowed {
  const interval = { from, until: Infinity };
  return () => interval;
}

/** Exactly the given intervals, which need neither be sorted nor disjoint. */
export function listed(intervals: readonly Interval[]): NextAllowed {
  const sorted = merge(intervals);
  return (t) => sorted.find((interval) => interval.until > t) ?? null;
}

/** Everything but the given intervals, which need neither be sorted nor disjoint. */
export function allBut(blocked: readonly Interval[]): NextAllowed {
  if (blocked.length === 0) return always;
  return listed(complement(blocked));
}

/** Sorted, disjoint and not touching; empty intervals are dropped. */
export function merge(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter((i) => i.from < i.until).sort((a, b) => a.from - b.from);
  const merged: { from: EpochMs; until: EpochMs }[] = [];
  for (const interval of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && interval.from <= last.until) last.until = Math.max(last.until, interval.until);
    else merged.push({ ...interval });
  }
  return merged;
}

/** What lies between the given intervals, from the beginning of time to its end. */
export function complement(intervals: readonly Interval[]): Interval[] {
  const gaps: Interval[] = [];
  let from = -Infinity;
  for (const interval of merge(intervals)) {
    if (from < interval.from) gaps.push({ from, until: interval.from });
    from = interval.until;
  }
  if (from < Infinity) gaps.push({ from, until: Infinity });
  return gaps;
}

/** Instants in either set. */
export function union(a: NextAllowed, b: NextAllowed): NextAllowed {
  if (a === always || b === always) return always;
  if (b === never) return a;
  if (a === never) return b;
  return (t) => {
    const first = a(t);
    const second = b(t);
    if (first === null) return second;
    if (second === null) return first;
    const fromFirst = Math.max(first.from, t);
    const fromSecond = Math.max(second.from, t);
    if (fromFirst !== fromSecond) return fromFirst < fromSecond ? first : second;
    return first.until >= second.until ? first : second;
  };
}

/** Instants in all sets; looked for up to {@link SEARCH_BOUND_MS} after `t`. */
export function intersection(all: readonly NextAllowed[]): NextAllowed {
  // Most conditions of most rules always hold; what is left is often one set or none.
  const sets = all.includes(always) ? all.filter((set) => set !== always) : all;
  const [only] = sets;
  if (only === undefined) return always;
  if (sets.length === 1) return only;
  return (t) => {
    let probe = t;
    while (probe <= t + SEARCH_BOUND_MS) {
      let from = -Infinity;
      let until = Infinity;
      for (const set of sets) {
        const next = set(probe);
        if (next === null) return null;
        from = Math.max(from, next.from);
        until = Math.min(until, next.until);
      }
      if (from < until) return { from, until };
      // Some set begins only at `from`, so nothing before it is in all of them.
      probe = from;
    }
    return null;
  };
}

/** True when `t` is in the set. */
export function holds(set: NextAllowed, t: EpochMs): boolean {
  const next = set(t);
  return next !== null && next.from <= t;
}

/**
 * The first instant after or at `t` (which is in the set) that is no longer in it; Infinity when none.
 * Touching answers are joined, up to the first end at or after `limit`.
 */
export function endOf(set: NextAllowed, t: EpochMs, limit: EpochMs): EpochMs {
  let until = set(t)?.until ?? t;
  while (until < limit) {
    const next = set(until);
    if (next === null || next.from > until) break;
    until = next.until;
  }
  return until;
}

/**
 * The first `s >= t` such that all of `[s, s + horizonMs]` is in the set, or null when there is none at or
 * before `limit`. An interval shorter than the horizon is thereby no use to a caller who needs that long.
 */
export function usableFrom(set: NextAllowed, t: EpochMs, horizonMs: number, limit: EpochMs): EpochMs | null {
  let probe = t;
  while (probe <= limit) {
    const next = set(probe);
    if (next === null) return null;
    const start = Math.max(probe, next.from);
    const end = next.until - start > horizonMs ? next.until : endOf(set, start, start + horizonMs + 1);
    if (end - start > horizonMs) return start;
    probe = end;
  }
  return null;
}
