/** The few special functions that fitting needs; textbook forms, checked against known values in the tests. */

/** Natural logarithm of the gamma function (Lanczos, g = 7), relative error about 1e-14 for x > 0. */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  const t = x + 6.5;
  const sum = LANCZOS.reduce((acc, c, i) => acc + (i === 0 ? c : c / (x - 1 + i)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Regularised lower incomplete gamma function P(a, x): by its series, or the continued fraction of 1 − P. */
export function gammaP(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(-x + a * Math.log(x) - lnGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 1000 && Math.abs(term) > Math.abs(sum) * 1e-15; n += 1) {
      term *= x / (a + n);
      sum += term;
    }
    return sum * front;
  }
  // Lentz's method.
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < 1000; n += 1) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b || 1e-300);
    c = b + an / c || 1e-300;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return 1 - h * front;
}

/** Distribution function of the standard normal. */
export function normalCdf(z: number): number {
  const half = gammaP(0.5, (z * z) / 2) / 2;
  return z < 0 ? 0.5 - half : 0.5 + half;
}

/** Where a function of one peak is greatest in [low, high]: golden-section search to 1e-9 of the range. */
export function argMax(f: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [x1, x2] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [f1, f2] = [f(x1), f(x2)];
  while (b - a > (high - low) * 1e-9) {
    if (f1 < f2) {
      a = x1;
      [x1, f1] = [x2, f2];
      x2 = a + ratio * (b - a);
      f2 = f(x2);
    } else {
      b = x2;
      [x2, f2] = [x1, f1];
      x1 = b - ratio * (b - a);
      f1 = f(x1);
    }
  }
  return (a + b) / 2;
}

/** Values with how often each occurs, ascending. */
export function tally(values: readonly number[]): readonly (readonly [value: number, count: number])[] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}

/** Kolmogorov–Smirnov distance between tallied values and a continuous distribution function. */
export function ksDistance(
  tallied: readonly (readonly [number, number])[],
  cdf: (x: number) => number,
): number {
  const n = tallied.reduce((sum, [, count]) => sum + count, 0);
  let below = 0;
  let worst = 0;
  for (const [value, count] of tallied) {
    const f = cdf(value);
    worst = Math.max(worst, Math.abs(f - below / n), Math.abs(f - (below + count) / n));
    below += count;
  }
  return worst;
}
