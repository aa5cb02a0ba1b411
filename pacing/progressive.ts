import { oneEach, type PacingController, type PacingState } from './controller.ts';

/**
 * Progressive pacing: one call for each agent who is free. Nobody who answers finds all agents busy, unless an agent
 * leaves while the call rings: agents who are due to leave before it would have rung out get none.
 */
export function progressive(ringTimeoutS: number): PacingController {
  return {
    decide: (state) => ({ calls: oneEach(staying(state, ringTimeoutS)), reason: 'progressive' }),
    learned: () => null,
  };
}

/** The state without the free agents who are due to leave within so many seconds. */
export function staying(state: PacingState, withinS: number): PacingState {
  const until = state.at + withinS * 1_000;
  let leaving = 0;
  for (let i = 0; i < state.freeUntil.length; i++) if (state.freeUntil[i]! < until) leaving += 1;
  if (leaving === 0) return state;
  return { ...state, freeUntil: Array.from(state.freeUntil).filter((each) => each >= until) };
}
