import type { PacingController } from '../../pacing/controller.ts';
import { predictive } from '../../pacing/predictive/predictive.ts';
import type { Day } from '../../pacing/simulator/day.ts';
import { simulate } from '../../pacing/simulator/simulate.ts';
import { ratio, type Ratio } from './rivals/ratio.ts';

/** What several days under one controller came to. */
export interface Measured {
  readonly days: number;
  readonly utilisation: number;
  /** Of all days together, and of the worst of them. */
  readonly abandonment: number;
  readonly worstDay: number;
  readonly daysWithin: number;
}

export type ControllerOf = (day: Day) => PacingController;

/** A day is within the cap at 3.0 % or less. */
const CAP = 0.03;

export function measure(days: readonly Day[], controllerOf: ControllerOf): Measured {
  let [utilisation, abandoned, answered, worstDay, daysWithin] = [0, 0, 0, 0, 0];
  for (const day of days) {
    const report = simulate(day, controllerOf);
    utilisation += report.utilisation / days.length;
    abandoned += report.abandoned;
    answered += report.answered;
    worstDay = Math.max(worstDay, report.abandonment);
    if (report.abandonment <= CAP) daysWithin += 1;
  }
  return { days: days.length, utilisation, abandonment: abandoned / answered, worstDay, daysWithin };
}

/** Steps of the search: the ratio is found to 1/64 of its range. */
const HALVINGS = 6;
const RANGES: readonly { readonly of: Ratio['of']; readonly most: number }[] = [
  { of: 'agents', most: 5 },
  { of: 'free', most: 8 },
];

/** The best fixed ratio for these very days, which nobody can know beforehand: the busiest within the cap. */
export function bestRatio(days: readonly Day[]): { readonly ratio: Ratio; readonly measured: Measured } {
  let best = {
    ratio: { of: 'free', lines: 1 } as Ratio,
    measured: measure(days, () => ratio({ of: 'free', lines: 1 })),
  };
  for (const { of, most } of RANGES) {
    let [low, high] = [1, most];
    for (let i = 0; i < HALVINGS; i++) {
      const tried: Ratio = { of, lines: (low + high) / 2 };
      const measured = measure(days, () => ratio(tried));
      if (measured.abandonment > CAP) high = tried.lines;
      else {
        low = tried.lines;
        if (measured.utilisation > best.measured.utilisation) best = { ratio: tried, measured };
      }
    }
  }
  return best;
}

/** Ours is near enough to a new answer rate at this relative error. */
const NEAR = 0.25;
const MINUTE_MS = 60_000;

/** Ours, and for each day what it believed the answer rate to be at each full minute. */
export function watched(): { readonly controllerOf: ControllerOf; readonly known: Map<Day, number[]> } {
  const known = new Map<Day, number[]>();
  const controllerOf: ControllerOf = (day) => {
    const controller = predictive(day.limits);
    const minutes: number[] = [];
    known.set(day, minutes);
    return {
      ...controller,
      decide: (state) => {
        if (state.at % MINUTE_MS === 0) minutes[state.at / MINUTE_MS] = controller.answerRate;
        return controller.decide(state);
      },
    };
  };
  return { controllerOf, known };
}

/** Minutes after each step of the answer rate until the estimate was near the new one for the first time. */
export function minutesToLearn(day: Day, known: readonly number[]): number[] {
  const steps = day.answerRate.steps ?? [];
  return steps.map(({ atS, value }, i) => {
    const from = atS / 60;
    const until = (steps[i + 1]?.atS ?? day.lengthS) / 60;
    for (let at = from; at < until; at++) {
      if (Math.abs((known[at] ?? 0) / value - 1) <= NEAR) return at - from;
    }
    return until - from;
  });
}
