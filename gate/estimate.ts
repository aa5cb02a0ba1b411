/** How many of all, from how many of those looked at. */
export interface Estimate {
  readonly count: number;
  /** Bounds of the 95 % interval (Wilson); both are the count where all were looked at. */
  readonly low: number;
  readonly high: number;
}

/** Standard normal quantile for 95 %, both sides. */
const Z = 1.959964;

/**
 * Wilson's score interval, which keeps its promise also near 0 and 1 and in small samples, scaled to the whole. What was
 * seen bounds it: at least `found` are so, and at least those seen to be otherwise are not.
 * @param count the scaled count, from `apportion`
 * @param found of the `sample` looked at, out of `total`; 0 <= found <= sample <= total
 */
export function estimate(count: number, found: number, sample: number, total: number): Estimate {
  if (sample === total) return { count: found, low: found, high: found };
  const p = found / sample;
  const z2 = Z * Z;
  const centre = (p + z2 / (2 * sample)) / (1 + z2 / sample);
  const half = (Z / (1 + z2 / sample)) * Math.sqrt((p * (1 - p)) / sample + z2 / (4 * sample * sample));
  const low = Math.max(found, Math.floor((centre - half) * total));
  const high = Math.min(total - (sample - found), Math.ceil((centre + half) * total));
  return { count, low: Math.min(low, count), high: Math.max(high, count) };
}

/**
 * Whole numbers in proportion to `parts` that sum to `total` exactly (largest remainder).
 * @returns zeroes where the parts sum to 0
 */
export function apportion(total: number, parts: readonly number[]): number[] {
  const sum = parts.reduce((a, b) => a + b, 0);
  if (sum === 0) return parts.map(() => 0);
  const exact = parts.map((part) => (part * total) / sum);
  const whole = exact.map(Math.floor);
  const left = total - whole.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - whole[index]! }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) whole[index]! += 1;
  return whole;
}
