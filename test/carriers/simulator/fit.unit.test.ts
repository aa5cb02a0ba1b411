import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { fitAttempts } from '../../../carriers/simulator/fit/attempts.ts';
import { fitModel } from '../../../carriers/simulator/fit/fit-model.ts';
import { classify, fitLogistic } from '../../../carriers/simulator/fit/logistic.ts';
import {
  argMax,
  gammaP,
  ksDistance,
  lnGamma,
  normalCdf,
  tally,
} from '../../../carriers/simulator/fit/numerics.ts';
import { readUci } from '../../../carriers/simulator/fit/read-uci.ts';
import { fitTalk } from '../../../carriers/simulator/fit/talk.ts';
import { logNormalAt, uniform } from '../../../carriers/simulator/draws.ts';
import { readModelFile, type ModelFile } from '../../../carriers/simulator/model.ts';

const DATA = fileURLToPath(new URL('../../../../shared/data/uci-bank-marketing.csv.gz', import.meta.url));

describe('numerics', () => {
  test('special functions have their known values', () => {
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 12);
    expect(lnGamma(11)).toBeCloseTo(Math.log(3_628_800), 10);
    expect(gammaP(1, 2)).toBeCloseTo(1 - Math.exp(-2), 12);
    // Chi-square: 95 % of one degree of freedom lies below 3.841459.
    expect(gammaP(0.5, 3.841459 / 2)).toBeCloseTo(0.95, 6);
    expect(normalCdf(1.959964)).toBeCloseTo(0.975, 6);
    expect(normalCdf(-1.959964)).toBeCloseTo(0.025, 6);
  });

  test('a peak is found, and a distance of distributions', () => {
    expect(argMax((x) => -((x - 1.25) ** 2), -10, 10)).toBeCloseTo(1.25, 6);
    expect(ksDistance(tally([1, 2, 3, 4]), () => 0)).toBe(1);
    expect(ksDistance(tally([1, 2, 3, 4]), (x) => x / 4)).toBeCloseTo(0.25, 12);
  });
});

describe('a fit finds what the data was made with', () => {
  const us = (label: string, n: number): number[] =>
    Array.from({ length: n }, (_, i) => uniform('fit', String(i), label));

  test('log-normal talk', () => {
    const talk = us('talk', 20_000).map((u) => Math.max(1, Math.round(logNormalAt(u, 5, 0.8))));
    const { candidates } = fitTalk(talk);
    const logNormal = candidates.find((c) => c.name === 'log-normal')!;
    expect(logNormal.parameters['mu']).toBeCloseTo(5, 1);
    expect(logNormal.parameters['sigma']).toBeCloseTo(0.8, 1);
    expect(logNormal.ks).toBeLessThan(0.01);
    expect(candidates.find((c) => c.name === 'exponential')!.ks).toBeGreaterThan(0.05);
  });

  test('geometric attempts, which the beta-geometric is not needed for', () => {
    const attempts = us('attempts', 20_000).map((u) => Math.ceil(Math.log(1 - u) / Math.log(0.6)));
    const { geometric, betaGeometric } = fitAttempts(attempts);
    expect(geometric.parameters['p']).toBeCloseTo(0.4, 2);
    expect(geometric.pValue).toBeGreaterThan(0.001);
    expect(betaGeometric.aic).toBeGreaterThan(geometric.aic - 5);
  });

  test('a logistic curve', () => {
    const xs = us('x', 20_000).map((u) => 4 * u);
    const outcomes = us('y', 20_000).map((u, i) => u < 1 / (1 + Math.exp(3 - 1.5 * xs[i]!)));
    const [intercept, slope] = fitLogistic(
      xs.map((x) => [x]),
      outcomes,
    );
    expect(intercept).toBeCloseTo(-3, 0);
    expect(slope).toBeCloseTo(1.5, 1);
  });

  test('the area under the curve is 1 when told apart, a half when not, and counts ties as halves', () => {
    expect(classify([0.1, 0.2, 0.8, 0.9], [false, false, true, true]).auc).toBe(1);
    expect(classify([0.9, 0.8, 0.2, 0.1], [false, false, true, true]).auc).toBe(0);
    expect(classify([0.5, 0.5, 0.5, 0.5], [false, true, false, true]).auc).toBe(0.5);
  });
});

describe.skipIf(!existsSync(DATA))(
  'the committed model (skipped without ../shared/data/uci-bank-marketing.csv.gz)',
  () => {
    let again: ModelFile;
    beforeAll(() => {
      again = fitModel(readUci(DATA));
    });

    test('is what the data gives when it is fitted again', () => {
      const numbers = (value: unknown, path = ''): [string, number][] =>
        typeof value === 'number'
          ? [[path, value]]
          : typeof value === 'object' && value !== null
            ? Object.entries(value).flatMap(([key, v]) => numbers(v, `${path}.${key}`))
            : [];
      const committed = readModelFile();
      const expected = new Map(numbers(again.model));
      expect(
        numbers(committed.model)
          .map(([path]) => path)
          .sort(),
      ).toEqual([...expected.keys()].sort());
      for (const [path, value] of numbers(committed.model)) {
        expect(Math.abs(value - expected.get(path)!), path).toBeLessThanOrEqual(Math.abs(value) * 1e-3);
      }
      expect(committed.fit).toEqual(JSON.parse(JSON.stringify(again.fit)));
      expect(committed.assumptions).toEqual(again.assumptions);
      expect(committed.citation).toBe(again.citation);
    });

    test('prefers the candidates that fit best', () => {
      const { attempts, talk } = again.fit as unknown as {
        attempts: { candidates: { name: string; aic: number }[]; chosen: string };
        talk: { candidates: { name: string; ks: number }[]; chosen: string };
      };
      const best = <T extends { name: string }>(items: T[], by: (item: T) => number): string =>
        items.reduce((a, b) => (by(b) < by(a) ? b : a)).name;
      expect(attempts.chosen).toBe(best(attempts.candidates, (c) => c.aic));
      expect(talk.chosen).toBe(best(talk.candidates, (c) => c.ks));
    });

    test('rests on all 45,211 contacts, 11.7 % of them converted', () => {
      expect(again.fit['rows']).toBe(45_211);
      expect((again.fit['conversion'] as { share: number }).share).toBeCloseTo(0.11698, 5);
    });
  },
);
