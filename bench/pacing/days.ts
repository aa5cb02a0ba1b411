import type { Course, Day } from '../../pacing/simulator/day.ts';
import { EIGHT_HOURS } from '../../pacing/simulator/day.ts';

const HOUR_S = 3_600;

/** Steady days: share answered and mean handling time. */
export interface Steady {
  readonly rate: number;
  readonly handlingS: number;
}

export const QUICK: readonly Steady[] = [
  { rate: 0.15, handlingS: 210 },
  { rate: 0.3, handlingS: 150 },
];
export const ALL: readonly Steady[] = [
  { rate: 0.1, handlingS: 150 },
  ...QUICK,
  { rate: 0.4, handlingS: 150 },
  { rate: 0.5, handlingS: 150 },
  { rate: 0.6, handlingS: 150 },
];

export function steadyDay({ rate, handlingS }: Steady, agents: number, seed: number): Day {
  return {
    ...EIGHT_HOURS,
    seed: `steady ${String(seed)}`,
    agents,
    answerRate: { start: rate },
    handlingS: { start: handlingS },
  };
}

/** Days that change, as many kinds as there are; seeds go round them. */
const CHANGES: readonly (() => Pick<Day, 'answerRate' | 'handlingS'> & Partial<Day>)[] = [
  () => ({ answerRate: step(0.15, 3, 0.45), handlingS: { start: 150 } }),
  () => ({ answerRate: step(0.45, 3, 0.15), handlingS: { start: 150 } }),
  () => ({ answerRate: alternating(0.2, 0.4), handlingS: { start: 150 } }),
  () => ({
    answerRate: { start: 0.3, driftBy: 0.5, wave: { by: 0.3, everyS: 2 * HOUR_S } },
    handlingS: { start: 150, driftBy: 0.5 },
    talk: 'log_normal',
  }),
  () => ({
    answerRate: { start: 0.3 },
    handlingS: step(90, 3, 240),
    talk: 'exponential',
  }),
];

export function changingDay(agents: number, seed: number): Day {
  const change = CHANGES[seed % CHANGES.length]!();
  return { ...EIGHT_HOURS, seed: `changing ${String(seed)}`, agents, ...change };
}

function step(start: number, atHour: number, value: number): Course {
  return { start, steps: [{ atS: atHour * HOUR_S, value }] };
}

/** From one to the other at each full hour. */
function alternating(start: number, other: number): Course {
  const steps = Array.from({ length: 7 }, (_, i) => ({
    atS: (i + 1) * HOUR_S,
    value: i % 2 === 0 ? other : start,
  }));
  return { start, steps };
}
