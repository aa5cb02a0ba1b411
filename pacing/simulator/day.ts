import type { PacingLimits } from '../controller.ts';

/** What a simulated day is made of. Times in seconds from its start; nothing here is known to a controller. */
export interface Day {
  readonly seed: string;
  readonly agents: number;
  readonly lengthS: number;
  /** Agents begin and end their shift within so many seconds of the day's start and end. */
  readonly shiftSpreadS: number;
  /** Lengths of each agent's breaks, spread evenly over the shift and moved at random by up to `breakShiftS`. */
  readonly breaksS: readonly number[];
  readonly breakShiftS: number;
  /** Share of calls that a person answers. */
  readonly answerRate: Course;
  /** Mean of talk and wrap-up together. */
  readonly handlingS: Course;
  readonly talk: TalkDistribution;
  /** Wrap-up's share of the mean handling time. */
  readonly wrapUpShare: number;
  readonly calls: CallTimes;
  /** How long a person who answered waits for an agent at the most; the policy's connect seconds may be fewer. */
  readonly patienceS: number;
  readonly limits: PacingLimits;
  /** How often the controller is asked. */
  readonly tickS: number;
}

export type TalkDistribution = 'uci' | 'exponential' | 'log_normal';

/** A number that changes in the course of the day: steps, a straight drift, and a wave. */
export interface Course {
  readonly start: number;
  /** From this second on the value is another. */
  readonly steps?: readonly { readonly atS: number; readonly value: number }[];
  /** Share by which the value has grown (shrunk if negative) at the end of the day, in a straight line. */
  readonly driftBy?: number;
  /** Share by which it swings up and down, and the length of one swing. */
  readonly wave?: { readonly by: number; readonly everyS: number };
}

export function valueAt(course: Course, atS: number, lengthS: number): number {
  let value = course.start;
  for (const step of course.steps ?? []) if (atS >= step.atS) value = step.value;
  if (course.driftBy !== undefined) value *= 1 + (course.driftBy * atS) / lengthS;
  if (course.wave !== undefined)
    value *= 1 + course.wave.by * Math.sin((2 * Math.PI * atS) / course.wave.everyS);
  return value;
}

/** How long calls are under way, and how they end if no person answers. Assumed; the shares are typical of consumers. */
export interface CallTimes {
  /** From placing to ringing, uniform. */
  readonly setupS: readonly [number, number];
  /** Ringing until a person answers: log-normal of this median and sigma of ln seconds, within the ring time-out. */
  readonly ringS: { readonly median: number; readonly sigma: number };
  /** Of the calls that nobody answers: those that a machine answers, after so many seconds of ringing (uniform). */
  readonly voicemail: { readonly share: number; readonly afterS: readonly [number, number] };
  /** Those that are busy or cannot be reached, right after set-up. The others ring out. */
  readonly busyShare: number;
}

export const CALL_TIMES: CallTimes = {
  setupS: [1, 3],
  ringS: { median: 8, sigma: 0.5 },
  voicemail: { share: 0.2, afterS: [18, 25] },
  busyShare: 0.05,
};

/** A day of eight hours under the rules of 47 CFR 64.1200(a)(7): 3 % of live answers, two seconds. */
export const EIGHT_HOURS: Omit<Day, 'seed' | 'agents' | 'answerRate' | 'handlingS'> = {
  lengthS: 8 * 3_600,
  shiftSpreadS: 120,
  breaksS: [900, 1_800, 900],
  breakShiftS: 1_200,
  talk: 'uci',
  wrapUpShare: 0.15,
  calls: CALL_TIMES,
  patienceS: 2,
  limits: { cap: 0.03, connectWithinS: 2, ringTimeoutS: 27 },
  tickS: 1,
};
