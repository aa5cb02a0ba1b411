import { argMax, gammaP, ksDistance, lnGamma, normalCdf, tally } from './numerics.ts';

/** Candidate distributions of talk seconds, each by maximum likelihood, with how far off it is. */
export interface TalkFit {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  /** Kolmogorov–Smirnov distance to the data. */
  readonly ks: number;
}

export interface LogNormalComponent {
  readonly weight: number;
  readonly mu: number;
  readonly sigma: number;
}

type Tally = readonly (readonly [number, number])[];

export function fitTalk(talkS: readonly number[]): {
  readonly candidates: readonly TalkFit[];
  readonly mixture: readonly LogNormalComponent[];
} {
  // A talk of 0 s has no logarithm; there are three in 45,211.
  const data = tally(talkS.filter((s) => s > 0));
  const n = total(data, () => 1);
  const mean = total(data, (x) => x) / n;
  const meanLn = total(data, (x) => Math.log(x)) / n;
  const sdLn = Math.sqrt(total(data, (x) => (Math.log(x) - meanLn) ** 2) / n);

  const gammaShape = Math.exp(
    argMax(
      (lnK) => {
        const k = Math.exp(lnK);
        return (k - 1) * meanLn - k - k * Math.log(mean / k) - lnGamma(k);
      },
      -3,
      3,
    ),
  );
  const weibullScale = (k: number): number => (total(data, (x) => x ** k) / n) ** (1 / k);
  const weibullShape = argMax(
    (k) => Math.log(k) - k * Math.log(weibullScale(k)) + (k - 1) * meanLn - 1,
    0.2,
    5,
  );
  const mixture = fitMixture(data, meanLn, sdLn);

  const candidate = (
    name: string,
    parameters: Readonly<Record<string, number>>,
    cdf: (x: number) => number,
  ): TalkFit => ({ name, parameters, ks: ksDistance(data, cdf) });
  return {
    mixture,
    candidates: [
      candidate('exponential', { meanS: mean }, (x) => 1 - Math.exp(-x / mean)),
      candidate('log-normal', { mu: meanLn, sigma: sdLn }, (x) => normalCdf((Math.log(x) - meanLn) / sdLn)),
      candidate('gamma', { shape: gammaShape, scaleS: mean / gammaShape }, (x) =>
        gammaP(gammaShape, (x * gammaShape) / mean),
      ),
      candidate(
        'weibull',
        { shape: weibullShape, scaleS: weibullScale(weibullShape) },
        (x) => 1 - Math.exp(-((x / weibullScale(weibullShape)) ** weibullShape)),
      ),
      candidate('mixture of two log-normals', flat(mixture), (x) => mixtureCdf(mixture, x)),
    ],
  };
}

export function mixtureCdf(mixture: readonly LogNormalComponent[], x: number): number {
  return mixture.reduce((sum, c) => sum + c.weight * normalCdf((Math.log(x) - c.mu) / c.sigma), 0);
}

/**
 * Expectation–maximisation from a fixed start (a small group far below the mean, which the data's left
 * tail suggests: people who hang up at once), so that the fit repeats.
 */
function fitMixture(data: Tally, meanLn: number, sdLn: number): readonly LogNormalComponent[] {
  let parts: LogNormalComponent[] = [
    { weight: 0.1, mu: meanLn - 2 * sdLn, sigma: sdLn },
    { weight: 0.9, mu: meanLn, sigma: sdLn },
  ];
  for (let round = 0; round < 2_000; round += 1) {
    const sums = parts.map(() => ({ n: 0, x: 0, xx: 0 }));
    for (const [value, count] of data) {
      const x = Math.log(value);
      const densities = parts.map((c) => (c.weight / c.sigma) * Math.exp(-(((x - c.mu) / c.sigma) ** 2) / 2));
      const all = densities.reduce((a, b) => a + b, 0);
      densities.forEach((density, i) => {
        const r = (count * density) / all;
        const sum = sums[i]!;
        sum.n += r;
        sum.x += r * x;
        sum.xx += r * x * x;
      });
    }
    const n = sums.reduce((a, s) => a + s.n, 0);
    const next = sums.map((s) => ({
      weight: s.n / n,
      mu: s.x / s.n,
      sigma: Math.sqrt(s.xx / s.n - (s.x / s.n) ** 2),
    }));
    const moved = Math.max(...next.map((c, i) => Math.abs(c.mu - parts[i]!.mu)));
    parts = next;
    if (moved < 1e-9) break;
  }
  return parts;
}

function flat(mixture: readonly LogNormalComponent[]): Record<string, number> {
  return Object.fromEntries(
    mixture.flatMap((c, i) => Object.entries(c).map(([key, value]) => [`${key}${i + 1}`, value as number])),
  );
}

function total(data: Tally, f: (x: number) => number): number {
  return data.reduce((sum, [value, count]) => sum + count * f(value), 0);
}
