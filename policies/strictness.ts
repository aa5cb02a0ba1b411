import { canonicalJson } from './hash.ts';
import type { Duration } from './durations.ts';
import { durationMs } from './durations.ts';
import type { Period } from './periods.ts';
import { isLonger } from './periods.ts';
import type { Schedule } from './schedule.ts';
import { liesWithin } from './schedule.ts';

/**
 * Whether a parameter's new value is at least as strict as the old one: all that it lets through the old one did too.
 * What cannot be told is not (I9).
 */
export type Order<T> = (before: T, after: T) => boolean;
/** An order for each parameter of a rule type, so that none can be forgotten. */
export type Strictness<P> = { readonly [K in keyof P]-?: Order<P[K]> };

export const same: Order<unknown> = (before, after) =>
  (before === undefined && after === undefined) ||
  (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after));
/** True is stricter. */
export const on: Order<boolean> = (before, after) => after || !before;
export const lower: Order<number> = (before, after) => after <= before;
export const higher: Order<number> = (before, after) => after >= before;

/** Null asks nothing. */
export function orNothing<T>(order: Order<T>): Order<T | null> {
  return (before, after) => before === null || (after !== null && order(before, after));
}

/** Fewer is stricter. */
export const fewer: Order<readonly unknown[]> = (before, after) =>
  after.every((one) => before.some((other) => same(other, one)));
/** More is stricter. */
export const more: Order<readonly unknown[]> = (before, after) => fewer(after, before);
/** A list of what is bound, where an empty one binds all. */
export const moreBound: Order<readonly unknown[]> = (before, after) =>
  after.length === 0 || (before.length > 0 && more(before, after));
/** A list of what is allowed, where an empty one allows all. */
export const fewerAllowed: Order<readonly unknown[]> = (before, after) =>
  before.length === 0 || (after.length > 0 && fewer(before, after));

/** Named from lenient to strict. */
export function rising<T extends string>(...values: readonly T[]): Order<T> {
  return (before, after) => values.indexOf(after) >= values.indexOf(before);
}

/** The one value that is stricter than any other; between others only the same will do. */
export function strictest(value: unknown): Order<unknown> {
  return (before, after) => same(value, after) || same(before, after);
}

/** Longer by any reading of a day, or the same; units are not mixed otherwise. */
export const longer: Order<Duration> = (before, after) =>
  same(before, after) ||
  (Object.keys(before)[0] === Object.keys(after)[0] && durationMs(after) >= durationMs(before));
export const longerPeriod: Order<Period> = (before, after) => !isLonger(before, after);
export const shorterPeriod: Order<Period> = (before, after) => !isLonger(after, before);
export const narrower: Order<Schedule> = (before, after) => liesWithin(after, before);
