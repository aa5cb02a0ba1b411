import { describe, expect, it } from 'vitest';
import type { PacingController } from '../../pacing/controller.ts';
import { predictive } from '../../pacing/predictive/predictive.ts';
import { progressive } from '../../pacing/progressive.ts';
import { EIGHT_HOURS, type Day } from '../../pacing/simulator/day.ts';
import type { DayReport } from '../../pacing/simulator/report.ts';
import { simulate } from '../../pacing/simulator/simulate.ts';

const SHORT: Day = {
  ...EIGHT_HOURS,
  seed: 'short',
  agents: 12,
  lengthS: 2 * 3_600,
  breaksS: [600],
  breakShiftS: 600,
  answerRate: { start: 0.3 },
  handlingS: { start: 150 },
};
const careful = (day: Day) => progressive(day.limits.ringTimeoutS);
const reckless = (): PacingController => ({
  decide: (state) => ({
    calls: Math.max(0, 40 - state.inFlightSince.length),
    reason: 'predictive',
  }),
  learned: () => null,
});
const foretelling = (day: Day) => predictive(day.limits);
const withoutLearned = ({ learned: _, ...report }: DayReport) => report;

describe('a simulated day', () => {
  it('is the same for the same seed, and another for another', () => {
    const [once, again] = [simulate(SHORT, foretelling), simulate(SHORT, foretelling)];
    expect(again).toEqual(once);
    expect(withoutLearned(simulate({ ...SHORT, seed: 'other' }, foretelling))).not.toEqual(
      withoutLearned(once),
    );
  });

  it.each([
    ['progressive', careful],
    ['reckless', reckless],
    ['predictive', foretelling],
  ])('loses nobody and no time under a %s controller', (_, controllerOf) => {
    const report = simulate(SHORT, controllerOf);
    expect(report.connected + report.abandoned).toBe(report.answered);
    expect(report.answered).toBeLessThanOrEqual(report.placed);
    // An agent is in one state at a time: all of them together are the agent's day.
    for (const spent of report.spentMs) {
      const total = spent.reduce((sum, each) => sum + each, 0);
      expect(total).toBeGreaterThan(SHORT.lengthS * 1_000 * 0.9);
    }
    expect(report.utilisation).toBeGreaterThan(0);
    expect(report.utilisation).toBeLessThanOrEqual(1);
  });

  it('abandons nobody under a progressive controller but for breaks that nobody knew of, and many under a reckless one', () => {
    expect(simulate({ ...SHORT, breaksS: [] }, careful).abandoned).toBe(0);
    expect(simulate(SHORT, reckless).abandonment).toBeGreaterThan(0.3);
  });

  it('keeps agents busier when calls are placed ahead', () => {
    const [without, ahead] = [simulate(SHORT, careful), simulate(SHORT, foretelling)];
    expect(ahead.utilisation).toBeGreaterThan(without.utilisation + 0.05);
  });

  it('stays at or under 3 % abandoned on each of 50 short days on which the answer rate jumps, on thin data and off', () => {
    let above = 0;
    for (let seed = 0; seed < 50; seed++) {
      const agents = [3, 5, 8, 12][seed % 4]!;
      const jump = { start: 0.2, steps: [{ atS: 3_600, value: seed % 2 === 0 ? 0.5 : 0.1 }] };
      const day = { ...SHORT, seed: String(seed), agents, tickS: 2, answerRate: jump };
      if (simulate(day, foretelling).abandonment > 0.03) above += 1;
    }
    expect(above).toBe(0);
  }, 120_000);

  it.each([
    [0.15, 0.45],
    [0.45, 0.15],
  ])(
    'is learned from: ten minutes after the answer rate went from %d to %d, 20 agents know to a quarter, on most days',
    (before, after) => {
      const answerRate = { start: before, steps: [{ atS: 3_600, value: after }] };
      const errors = Array.from({ length: 9 }, (_, seed) => {
        let known = Number.NaN;
        const day = { ...SHORT, lengthS: 4_260, seed: String(seed), agents: 20, answerRate };
        simulate(day, ({ limits }) => {
          const controller = predictive(limits);
          return {
            ...controller,
            decide: (state) => {
              if (state.at === 4_200_000) known = controller.answerRate;
              return controller.decide(state);
            },
          };
        });
        return Math.abs(known / after - 1);
      });
      expect(errors.sort((x, y) => x - y)[6]).toBeLessThan(0.25);
    },
  );
});
