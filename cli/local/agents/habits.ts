import { pick, uniform } from '../../../carriers/simulator/draws.ts';

/**
 * How simulated agents behave; seconds are simulated ones. Assumed, not measured: what matters to a rehearsal is that
 * everything an agent does happens in it, at lengths that a call centre would not wonder at.
 */
export interface Habits {
  /** Looking at a contact that is shown before it is called, uniform. */
  readonly lookS: Range;
  /** Of the contacts that are shown, those that are skipped. */
  readonly skips: number;
  /** Writing a call down, uniform. */
  readonly writeS: Range;
  /** Calls from one break to the next, and how long a break is, uniform. */
  readonly callsToBreak: Range;
  readonly breakS: Range;
  /** What calls come to, by weight: codes of the campaign's dispositions that ask for nothing more. */
  readonly dispositions: Readonly<Record<string, number>>;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Codes of the standard list (domain/wrap-up.ts) but `callback`, which asks for a window; weights as the simulator's. */
export const DEFAULT_HABITS: Habits = {
  lookS: { min: 5, max: 20 },
  skips: 0.1,
  writeS: { min: 10, max: 40 },
  callsToBreak: { min: 5, max: 12 },
  breakS: { min: 60, max: 300 },
  dispositions: {
    converted: 0.1,
    interested: 0.12,
    not_interested: 0.5,
    completed: 0.1,
    refused: 0.13,
    opted_out: 0.03,
    wrong_number: 0.02,
  },
};

/** Draws of one agent, the same in every run of a seed as long as they do the same things. */
export interface Draws {
  between(range: Range): number;
  happens(share: number): boolean;
  disposition(weights: Habits['dispositions']): string;
}

export function drawsOf(seed: string, agentId: string): Draws {
  let n = 0;
  const next = (label: string): number => uniform(seed, `${agentId} ${n++}`, label);
  return {
    between: ({ min, max }) => min + next('between') * (max - min),
    happens: (share) => next('happens') < share,
    disposition: (weights) => pick(next('disposition'), weights),
  };
}
