import { describe, expect, it } from 'vitest';
import { erlangB, loadOf } from '../../bench/pacing/rivals/erlang-b.ts';
import { vicidial } from '../../bench/pacing/rivals/vicidial.ts';
import type { PacingState } from '../../pacing/controller.ts';

describe('Erlang’s formula', () => {
  it.each([
    [1, 1, 0.5],
    [2, 1, 0.2],
    [10, 5, 0.018385],
    [100, 84.06, 0.01],
  ])('of %d servers and %d erlangs blocks what tables say', (servers, load, blocked) => {
    expect(erlangB(servers, load)).toBeCloseTo(blocked, 3);
    expect(loadOf(servers, erlangB(servers, load))).toBeCloseTo(load, 6);
  });
});

describe('the published adaptive rule', () => {
  const state = (at: number, abandoned: number): PacingState => ({
    at,
    freeUntil: [Infinity, Infinity],
    talkingSince: [0, 0],
    talkingUntil: [Infinity, Infinity],
    wrapUpSince: [],
    wrapUpUntil: [],
    inFlightSince: [],
    keptSince: [],
    others: [],
    waitingAnswers: 0,
    ended: Array.from({ length: 60 }, () => ({ kind: 'unanswered', since: 0, at })),
    abandonment: { abandoned, denominator: 100 },
  });
  const levels = (mode: 'HARD' | 'AVERAGE' | 'TAPERED', abandoned: number) => {
    const controller = vicidial(mode, 4 * 3_600_000);
    return [1, 2, 3, 4].map((i) => controller.decide(state(i * 15_000, abandoned)).calls);
  };

  it('raises the level by the share of agents who wait, to 3 at the most', () => {
    // 2 of 4 wait: × 1.5 each time; lines less the two that are talking.
    expect(levels('HARD', 0)).toEqual([4, 7, 10, 10]);
  });

  it('falls to one call a free agent, by half, or by the time left once the limit is passed', () => {
    expect(levels('HARD', 10)).toEqual([2, 2, 2, 2]);
    expect(levels('AVERAGE', 10)).toEqual([2, 2, 2, 2]);
    expect(levels('TAPERED', 10)).toEqual([2, 2, 2, 2]);
  });
});
