import { createHash } from 'node:crypto';

/**
 * A number in (0, 1) that depends on its inputs alone, so that a run with the same seed repeats whatever
 * the order in which calls arrive.
 * @param seed the run's seed; @param key what is drawn for, such as an attempt id; @param label which of its draws
 */
export function uniform(seed: string, key: string, label: string): number {
  const digest = createHash('sha256').update(`${seed}\n${key}\n${label}`).digest();
  // 48 bits and a half step: never 0 or 1, so that its logarithm and its normal quantile are finite.
  return (digest.readUIntBE(0, 6) + 0.5) / 2 ** 48;
}

/** The entry whose share of the whole `u` falls in. Shares need not sum to 1. */
export function pick<K extends string>(u: number, shares: Readonly<Partial<Record<K, number>>>): K {
  const entries = Object.entries(shares) as [K, number][];
  const total = entries.reduce((sum, [, share]) => sum + share, 0);
  let left = u * total;
  for (const [name, share] of entries) {
    left -= share;
    if (left < 0) return name;
  }
  return entries[entries.length - 1]![0];
}

/**
 * Quantile of the standard normal distribution: Acklam's rational approximation, relative error below
 * 1.2e-9 over (0, 1); far finer than a second of talk.
 */
export function normalQuantile(p: number): number {
  const low = 0.02425;
  if (p < low) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - low) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (poly(CENTRE_NUMERATOR, r) * q) / poly(CENTRE_DENOMINATOR, r);
}

const CENTRE_NUMERATOR = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRE_DENOMINATOR = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
  1,
];
const TAIL_NUMERATOR = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_DENOMINATOR = [
  7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1,
];

function tail(q: number): number {
  return poly(TAIL_NUMERATOR, q) / poly(TAIL_DENOMINATOR, q);
}

function poly(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, c) => sum * x + c, 0);
}

/** A log-normal value at probability `u`: `exp(mu + sigma × z)`. */
export function logNormalAt(u: number, mu: number, sigma: number): number {
  return Math.exp(mu + sigma * normalQuantile(u));
}
