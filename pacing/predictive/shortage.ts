/**
 * The chance that a sum of independent yes-or-no events of different chances (Poisson-binomial) is at least `t`, from its
 * mean, variance and third moment: a shifted gamma distribution of the same three, by Wilson and Hilferty's cube root.
 * It falls with `t` everywhere, which an Edgeworth series does not.
 */
export function tailOf(t: number, mean: number, variance: number, third: number): number {
  if (variance < 1e-9) return mean + 1e-6 >= t ? 1 : 0;
  const sigma = Math.sqrt(variance);
  // Half a step for whole numbers.
  const x = (t - 0.5 - mean) / sigma;
  const skew = third / (variance * sigma);
  if (Math.abs(skew) < 0.01) return 1 - normalCdf(x);
  if (skew < 0) return gammaCdf(-x, -skew);
  return 1 - gammaCdf(x, skew);
}

/** Standardised gamma of that skewness, at x. */
function gammaCdf(x: number, skew: number): number {
  const k = 4 / (skew * skew);
  const y = 1 + (x * skew) / 2;
  if (y <= 0) return 0;
  return normalCdf((Math.cbrt(y) - 1 + 1 / (9 * k)) * 3 * Math.sqrt(k));
}

/** Abramowitz and Stegun 26.2.17: absolute error below 7.5e-8. */
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const density = 0.3989422804014327 * Math.exp((-x * x) / 2);
  const upper =
    density *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - upper : upper;
}
