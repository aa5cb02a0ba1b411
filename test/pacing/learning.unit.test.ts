import { describe, expect, it } from 'vitest';
import { HourPattern } from '../../pacing/predictive/hour-pattern.ts';
import { Level } from '../../pacing/predictive/level.ts';
import { evenEdges, LifeTable } from '../../pacing/predictive/life-table.ts';
import { randomOf } from '../../pacing/random.ts';

const SETTINGS = { pieceS: 10, pieceEvents: 0.5, jumpEveryS: 3_600, priorEvents: 2, memoryEvents: 400 };

describe('life table', () => {
  it('is not biased by what still goes on: with half of all calls looked at while they ring, the hazard is the true one', () => {
    const [random, table] = [randomOf('censored'), new LifeTable(evenEdges(2, 60), 0.5)];
    const hazard = 0.05;
    for (let i = 0; i < 20_000; i++) {
      const [endsAt, lookedAt] = [-Math.log(1 - random()) / hazard, random() * 20];
      table.underWay(0, Math.min(endsAt, lookedAt));
      if (endsAt <= lookedAt) table.end(endsAt);
    }
    for (const ageS of [1, 5, 9]) expect(table.hazard(table.binOf(ageS)) / hazard).toBeCloseTo(1, 0.8);
    let [ends, spent] = [0, 0];
    const { ends: e, spent: s } = table.toJSON();
    e.forEach((each, i) => ((ends += each), (spent += s[i]!)));
    expect(Math.abs(ends / spent / hazard - 1)).toBeLessThan(0.03);
  });
});

/** Poisson counts by multiplying. */
const poisson = (random: () => number, mean: number): number => {
  let [n, product] = [0, random()];
  for (; product > Math.exp(-mean); n++) product *= random();
  return n;
};

describe('level', () => {
  it.each([
    [1, 1 / 3],
    [1, 3],
    [0.5, 1],
  ])(
    'finds a jump from %d to %d within ten minutes of two expected answers each, in 95 of 100 records',
    (before, after) => {
      let found = 0;
      for (let record = 0; record < 100; record++) {
        const [random, level] = [randomOf(`jump ${String(record)}`), new Level(SETTINGS)];
        const perPiece = 2 * (10 / 60) * 5;
        for (let i = 0; i < 360; i++) level.add(poisson(random, before * perPiece), perPiece, 10);
        for (let i = 0; i < 60; i++) level.add(poisson(random, after * perPiece), perPiece, 10);
        if (Math.abs(Math.log(level.mean / after)) < Math.abs(Math.log(level.mean / before))) found += 1;
      }
      expect(found).toBeGreaterThanOrEqual(95);
    },
  );

  it('says how sure it is: the truth is within two of its deviations in at least 90 of 100 quiet records', () => {
    let within = 0;
    for (let record = 0; record < 100; record++) {
      const [random, level] = [randomOf(`quiet ${String(record)}`), new Level(SETTINGS)];
      for (let i = 0; i < 200; i++) level.add(poisson(random, 1.2), 1, 10);
      if (Math.abs(level.mean - 1.2) < 2 * level.deviation) within += 1;
    }
    expect(within).toBeGreaterThanOrEqual(90);
  });
});

describe('hours of the day', () => {
  it('remember that more people answer in them', () => {
    const hours = new HourPattern();
    expect(hours.levelOf(18)).toBe(1);
    for (let i = 0; i < 200; i++) hours.add(18, 2, 1);
    expect(hours.levelOf(18)).toBeGreaterThan(1.7);
    expect(hours.levelOf(17)).toBe(1);
  });
});
