import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstTurns, NO_TURNS, served, turnsOf, type MixState } from '../../pacing/mixing.ts';

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 8 });

/** Serve `count` in batches as a pacer does. */
function serve(
  state: MixState,
  weight: readonly number[],
  due: readonly number[],
  count: number,
  batch: number,
) {
  const got = weight.map(() => 0);
  let now = state;
  for (let done = 0; done < count;) {
    const lists = weight.map((w, i) => ({ name: String(i), weight: w, due: due[i]! }));
    const turns = turnsOf(now, lists, Math.min(batch, count - done));
    if (turns.length === 0) break;
    for (const name of turns) {
      got[Number(name)]! += 1;
      now = served(now, name, weight[Number(name)]!);
    }
    done += turns.length;
  }
  return { got, state: now };
}

describe('lists mixed by weights', () => {
  it('each gets its share to within one turn of each list, whatever the size of batches', () => {
    fc.assert(
      fc.property(
        weights,
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 40 }),
        (w, count, batch) => {
          const { got } = serve(
            NO_TURNS,
            w,
            w.map(() => 1_000),
            count,
            batch,
          );
          const total = w.reduce((a, b) => a + b, 0);
          const largest = Math.max(...w);
          got.forEach((n, i) => {
            // Start-time fair queueing: two lists with people due differ by no more than one turn of each.
            expect(Math.abs(n - (count * w[i]!) / total)).toBeLessThanOrEqual(
              w.length * (largest / total + 1),
            );
          });
          expect(got.reduce((a, b) => a + b, 0)).toBe(count);
        },
      ),
    );
  });

  it('shares converge to the weights', () => {
    const { got } = serve(NO_TURNS, [5, 3, 2], [1e6, 1e6, 1e6], 10_000, 25);
    expect(got.map((n) => n / 10_000)).toEqual(
      [0.5, 0.3, 0.2].map((share) => expect.closeTo(share, 3) as number),
    );
  });

  it('a list that had nobody for long is an equal again, and catches nothing up', () => {
    const away = serve(NO_TURNS, [1, 1], [1e6, 0], 1_000, 25);
    expect(away.got).toEqual([1_000, 0]);
    const back = serve(away.state, [1, 1], [1e6, 1e6], 100, 25);
    expect(Math.abs(back.got[0]! - back.got[1]!)).toBeLessThanOrEqual(2);
  });

  it('leaves nobody waiting for a list that has nobody', () => {
    expect(
      turnsOf(
        NO_TURNS,
        [
          { name: 'a', weight: 9, due: 0 },
          { name: 'b', weight: 1, due: 3 },
        ],
        5,
      ),
    ).toEqual(['b', 'b', 'b']);
  });
});

describe('the first turns', () => {
  const list = (name: string, weight: number, ...due: [rank: number, count: number][]) => ({
    ...{ name, weight },
    dueByRank: new Map(due),
  });

  it('are shared by weight, and no list has more than are due', () => {
    expect(firstTurns(NO_TURNS, [list('a', 4, [24, 500]), list('b', 1, [24, 500])], 100)).toEqual([80, 20]);
    expect(firstTurns(NO_TURNS, [list('a', 4, [24, 30]), list('b', 1, [24, 500])], 100)).toEqual([30, 70]);
    expect(firstTurns(NO_TURNS, [list('a', 4, [24, 3]), list('b', 1)], 100)).toEqual([3, 0]);
  });

  it('go to the ranks before, whatever the weights are', () => {
    expect(firstTurns(NO_TURNS, [list('a', 100, [24, 500]), list('b', 1, [14, 60], [24, 500])], 100)).toEqual(
      [40, 60],
    );
  });
});
