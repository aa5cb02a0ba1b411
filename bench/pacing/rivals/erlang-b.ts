import type { PacingController } from '../../../pacing/controller.ts';
import type { Day } from '../../../pacing/simulator/day.ts';

/** The share of arrivals that find all of `servers` busy, at so much offered load (Erlang, 1917), by its recurrence. */
export function erlangB(servers: number, load: number): number {
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (load * blocked) / (n + load * blocked);
  return blocked;
}

/** The load at which so large a share is blocked. */
export function loadOf(servers: number, blocked: number): number {
  let [low, high] = [0, 2 * servers + 1];
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (erlangB(servers, middle) < blocked) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Calls at an even rate such that no more than the cap meet nobody, by Erlang's formula from the true answer rate and
 * handling time of the day's beginning, and the number of agents who are there; blind to what each of them does.
 */
export function stateBlind({ limits, answerRate, handlingS, tickS }: Day): PacingController {
  let owed = 0;
  return {
    decide: ({ freeUntil, talkingSince, wrapUpSince }) => {
      const agents = freeUntil.length + talkingSince.length + wrapUpSince.length;
      owed += (tickS * loadOf(agents, limits.cap)) / handlingS.start / answerRate.start;
      const calls = Math.floor(owed);
      owed -= calls;
      return { calls, reason: 'predictive' };
    },
    learned: () => null,
  };
}
