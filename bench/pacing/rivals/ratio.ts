import type { PacingController, PacingState } from '../../../pacing/controller.ts';
import { oneEach } from '../../../pacing/controller.ts';

/**
 * A fixed ratio, as dialers without a controller have it. `of: 'agents'`: so many lines for each agent who is free or
 * talks, lines in conversation included (VICIdial's RATIO, and "lines per agent" elsewhere). `of: 'free'`: so many calls
 * in flight for each free agent ("available only").
 */
export interface Ratio {
  readonly of: 'agents' | 'free';
  readonly lines: number;
}

export function ratio({ of, lines }: Ratio): PacingController {
  return {
    decide: (state) => ({
      calls: of === 'agents' ? linesPerAgent(state, lines) : perFree(state, lines),
      reason: 'predictive',
    }),
    learned: () => null,
  };
}

/** Calls to place so that there are `level` lines for each agent who is free or talks, and one for each free agent. */
export function linesPerAgent(state: PacingState, level: number): number {
  const talking = state.talkingSince.length;
  const wanted = Math.round(level * (state.freeUntil.length + talking));
  return Math.max(oneEach(state), wanted - talking - state.waitingAnswers - state.inFlightSince.length);
}

function perFree(state: PacingState, lines: number): number {
  const wanted = Math.round(lines * state.freeUntil.length);
  return Math.max(oneEach(state), wanted - state.waitingAnswers - state.inFlightSince.length);
}
