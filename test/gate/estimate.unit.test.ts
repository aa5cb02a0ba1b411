import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apportion, estimate } from '../../gate/estimate.ts';

const parts = fc.array(fc.nat(5_000), { minLength: 1, maxLength: 12 });

test('scaled counts sum to the whole, and none is a whole one off its share', () => {
  fc.assert(
    fc.property(parts, fc.nat(2_000_000), (counts, total) => {
      const sum = counts.reduce((a, b) => a + b, 0);
      const scaled = apportion(total, counts);
      if (sum === 0) {
        expect(scaled.every((n) => n === 0)).toBe(true);
        return;
      }
      expect(scaled.reduce((a, b) => a + b, 0)).toBe(total);
      scaled.forEach((n, i) => expect(Math.abs(n - (counts[i]! * total) / sum)).toBeLessThan(1));
    }),
  );
});

test('bounds hold the count, and never what was seen not to be so', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(), fc.nat(1_000_000), (sample, some, unseen) => {
      const found = some % (sample + 1);
      const total = sample + unseen;
      const [count] = apportion(total, [found, sample - found]);
      const { low, high } = estimate(count!, found, sample, total);
      expect(low).toBeLessThanOrEqual(count!);
      expect(high).toBeGreaterThanOrEqual(count!);
      expect(low).toBeGreaterThanOrEqual(found);
      expect(high).toBeLessThanOrEqual(total - (sample - found));
    }),
  );
});

test('all looked at: exactly so many', () => {
  expect(estimate(7, 7, 20, 20)).toEqual({ count: 7, low: 7, high: 7 });
});

/** mulberry32: a repeatable stream of numbers in [0, 1). */
function randomsOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test.each([0.002, 0.05, 0.5, 0.97])(
  '95 of 100 samples hold the truth between their bounds (share %d)',
  (share) => {
    const random = randomsOf(7);
    const total = 200_000;
    const sample = 500;
    let held = 0;
    const rounds = 1_000;
    for (let round = 0; round < rounds; round++) {
      let found = 0;
      for (let i = 0; i < sample; i++) if (random() < share) found += 1;
      const [count] = apportion(total, [found, sample - found]);
      const { low, high } = estimate(count!, found, sample, total);
      if (low <= share * total && share * total <= high) held += 1;
    }
    expect(held / rounds).toBeGreaterThan(0.91);
  },
);
