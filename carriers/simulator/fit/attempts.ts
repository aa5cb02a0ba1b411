import { argMax, gammaP, tally } from './numerics.ts';

/** How well a distribution over 1, 2, 3, … attempts fits. */
export interface AttemptsFit {
  readonly name: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly logLikelihood: number;
  readonly aic: number;
  /** Greatest difference of the cumulative shares. */
  readonly ks: number;
  /** Pearson's chi-square over 1 to 10 and above, with its degrees of freedom. */
  readonly chi2: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
}

type Hazard = (n: number) => number;

/**
 * The chance that an attempt is the one that reaches the client, read from the number of contacts up to
 * the recorded talk. Both candidates are cut off at the largest number in the data.
 * `geometric`: the same chance each time. `beta-geometric`: chances differ between people, so that those
 * still unreached after n attempts are harder to reach: `alpha / (alpha + beta + n − 1)`.
 */
export function fitAttempts(contacts: readonly number[]): {
  readonly geometric: AttemptsFit;
  readonly betaGeometric: AttemptsFit;
  /** n → share reached at the n-th attempt of those who came so far. */
  readonly hazards: Readonly<Record<string, number>>;
} {
  const data = tally(contacts);
  const limit = data[data.length - 1]![0];
  const likelihood = (hazard: Hazard): number => {
    const p = probabilities(hazard, limit);
    return data.reduce((sum, [n, count]) => sum + count * Math.log(p[n - 1]!), 0);
  };

  const p = argMax((q) => likelihood(() => q), 0.01, 0.99);
  // Mean chance and concentration, each with one peak given the other.
  const betaHazard =
    (mean: number, size: number): Hazard =>
    (n) =>
      (mean * size) / (size + n - 1);
  const bestMean = (size: number): number => argMax((m) => likelihood(betaHazard(m, size)), 0.01, 0.99);
  const size = Math.exp(
    argMax((lnSize) => likelihood(betaHazard(bestMean(Math.exp(lnSize)), Math.exp(lnSize))), 0, 6),
  );
  const mean = bestMean(size);

  const judged = (name: string, parameters: Record<string, number>, hazard: Hazard): AttemptsFit => {
    const logLikelihood = likelihood(hazard);
    const k = Object.keys(parameters).length;
    return {
      name,
      parameters,
      logLikelihood,
      aic: 2 * k - 2 * logLikelihood,
      ...distances(data, hazard, limit, k),
    };
  };
  return {
    geometric: judged('geometric', { p }, () => p),
    betaGeometric: judged(
      'beta-geometric',
      { alpha: mean * size, beta: (1 - mean) * size },
      betaHazard(mean, size),
    ),
    hazards: hazardTable(data, 12),
  };
}

function probabilities(hazard: Hazard, limit: number): number[] {
  const p: number[] = [];
  let left = 1;
  for (let n = 1; n <= limit; n += 1) {
    p.push(left * hazard(n));
    left *= 1 - hazard(n);
  }
  return p.map((x) => x / (1 - left));
}

function distances(
  data: readonly (readonly [number, number])[],
  hazard: Hazard,
  limit: number,
  parameters: number,
): Pick<AttemptsFit, 'ks' | 'chi2' | 'degreesOfFreedom' | 'pValue'> {
  const expected = probabilities(hazard, limit);
  const total = data.reduce((sum, [, count]) => sum + count, 0);
  const observed = new Map(data);
  const bins = 11;
  let [cumulated, expectedCumulated, ks, chi2] = [0, 0, 0, 0];
  for (let n = 1; n <= limit; n += 1) {
    cumulated += (observed.get(n) ?? 0) / total;
    expectedCumulated += expected[n - 1]!;
    ks = Math.max(ks, Math.abs(cumulated - expectedCumulated));
  }
  for (let bin = 1; bin <= bins; bin += 1) {
    const within = (n: number): boolean => (bin === bins ? n >= bins : n === bin);
    const seen = data.reduce((sum, [n, count]) => sum + (within(n) ? count : 0), 0);
    const meant = total * expected.reduce((sum, p, i) => sum + (within(i + 1) ? p : 0), 0);
    chi2 += (seen - meant) ** 2 / meant;
  }
  const degreesOfFreedom = bins - 1 - parameters;
  return { ks, chi2, degreesOfFreedom, pValue: 1 - gammaP(degreesOfFreedom / 2, chi2 / 2) };
}

function hazardTable(data: readonly (readonly [number, number])[], upTo: number): Record<string, number> {
  let left = data.reduce((sum, [, count]) => sum + count, 0);
  const table: Record<string, number> = {};
  for (const [n, count] of data) {
    if (n <= upTo) table[String(n)] = count / left;
    left -= count;
  }
  return table;
}
