import { MINUTE_MS, HOUR_MS } from '../../../domain/time.ts';
import type { Habits } from './habits.ts';

/** Who is in a rehearsal beside the people whom it calls. */
export interface Cast {
  /** Simulated agents; null: none. */
  readonly agents: number | null;
  /** After the agents' shift the campaign without agents goes on, at the pace of days. */
  readonly goesOn: boolean;
}

/**
 * How long a rehearsal with agents lasts (simulated) before what is left is stopped: their shift. A few contacts may be
 * called only on another day, which is hours away on such a clock.
 */
const SHIFT_MS = HOUR_MS;

/**
 * What is seen where nothing was asked for: a small team for a real minute, at a pace at which
 * this machine, if it is slow, joins whoever answers in time; then the campaign without agents goes on for days.
 */
export const SHOWN: Cast & { readonly agents: number } = { agents: 6, goesOn: true };
const SHOWN_SHIFT_MS = 20 * MINUTE_MS;
const SHOWN_SPEED = 24;
/** Of ten people, those whom the campaign without agents calls, and each of those with agents: as many as that shift takes. */
const SHOWN_SHARES = [7, 1, 1, 1];

/** Breaks come sooner in so short a shift, for all that agents do to be seen. */
const SHOWN_HABITS = { callsToBreak: { min: 2, max: 4 }, breakS: { min: 60, max: 180 } };

/** How agents behave where not as usual (habits.ts). */
export function habitsOf({ goesOn }: Cast): Partial<Habits> {
  return goesOn ? SHOWN_HABITS : {};
}

/** How long the agents of a rehearsal work, simulated. */
export function shiftMsOf({ goesOn }: Cast): number {
  return goesOn ? SHOWN_SHIFT_MS : SHIFT_MS;
}

/** How the people are divided among the campaign and the same in each of `AGENT_MODES`. */
export function sharesOf({ goesOn }: Cast): readonly number[] {
  return goesOn ? SHOWN_SHARES : SHOWN_SHARES.map(() => 1);
}

/** Simulated per real time by default, and at most: an agent must be there within seconds, and those are short on a fast clock. */
export const AGENTS_SPEED = 12;
export const AGENTS_SPEED_MAX = 30;

/** The pace while agents work, at whatever pace what has none would run. */
export function speedWithAgents({ goesOn }: Cast, asked: number): number {
  if (goesOn) return Math.min(asked, SHOWN_SPEED);
  return asked > AGENTS_SPEED_MAX ? AGENTS_SPEED : asked;
}
