import { describe, expect, it } from 'vitest';
import { tailOf } from '../../pacing/predictive/shortage.ts';
import { randomOf } from '../../pacing/random.ts';
import { exactTails } from '../support/poisson-binomial.ts';

const random = randomOf('shortage');
/** Mixtures of likely and unlikely events, as calls (unlikely) and busy agents (likely) are. */
const SETS = Array.from({ length: 1_000 }, () => {
  const [share, spread] = [random(), random()];
  return Array.from({ length: 5 + Math.floor(random() * 100) }, () =>
    random() < share ? random() * spread : 1 - (random() * (1 - spread)) / 2,
  );
});

const reckoned = (chances: readonly number[]) => {
  let [mean, variance, third] = [0, 0, 0];
  for (const p of chances) {
    mean += p;
    variance += p * (1 - p);
    third += p * (1 - p) * (1 - 2 * p);
  }
  return Array.from({ length: chances.length + 1 }, (_, t) => tailOf(t, mean, variance, third));
};

describe('the chance that so many of unlike events happen, by three moments', () => {
  it('errs on the careful side: where it says 3 % or less, it is 3.1 % at the most', () => {
    for (const chances of SETS) {
      const exact = exactTails(chances);
      reckoned(chances).forEach((tail, t) => {
        if (tail <= 0.03) expect(exact[t]).toBeLessThan(0.031);
      });
    }
  });

  it('is within 0.06 of the exact one everywhere, and never rises with how many it is to be', () => {
    for (const chances of SETS) {
      const [exact, tails] = [exactTails(chances), reckoned(chances)];
      tails.forEach((tail, t) => {
        expect(Math.abs(tail - exact[t]!)).toBeLessThan(0.06);
        if (t > 0) expect(tail).toBeLessThanOrEqual(tails[t - 1]! + 1e-9);
      });
    }
  });
});
