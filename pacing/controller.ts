import type { EpochMs } from '../domain/time.ts';

/**
 * What every pacing controller is told and says, in the engine and in the simulator alike. Whatever stands here a
 * database can give each second: instants, counts, and what has ended since it was asked last. Pure: nothing is read
 * but the arguments, no clock, no chance.
 */
export interface PacingState {
  readonly at: EpochMs;
  /**
   * Agents who would take an answer now, one entry each: the instant at which they are due to leave (end of shift,
   * planned break), Infinity if none is known. Agents reserved for a certain person or call are left out.
   */
  readonly freeUntil: ArrayLike<EpochMs>;
  /** Agents who talk, one entry each: since when, and when they are due to leave. */
  readonly talkingSince: ArrayLike<EpochMs>;
  readonly talkingUntil: ArrayLike<EpochMs>;
  /** Agents in wrap-up, the same way. */
  readonly wrapUpSince: ArrayLike<EpochMs>;
  readonly wrapUpUntil: ArrayLike<EpochMs>;
  /**
   * Calls in flight: neither answered nor ended. One entry each, the instant at which it was placed: what the carrier
   * takes to set a call up is part of its age.
   */
  readonly inFlightSince: ArrayLike<EpochMs>;
  /** The same of calls for which an agent is kept: they need no other, and are learned from all the same. */
  readonly keptSince: ArrayLike<EpochMs>;
  /** People who have answered and for whom no agent has been found yet. */
  readonly waitingAnswers: number;
  /** What other campaigns have under way for the same agents. It takes agents, and says nothing of this campaign's calls. */
  readonly others: readonly OtherCall[];
  /** What has ended since the controller was asked last. */
  readonly ended: readonly PacingEvent[];
  /** Within the period and scope of the policy, up to now. */
  readonly abandonment: AbandonmentCount;
}

/** A call of another campaign that these agents may have to take. */
export interface OtherCall {
  /** When it was placed. */
  readonly since: EpochMs;
  /** It takes an agent whatever becomes of it: before it rings, or because it is answered and waits. */
  readonly certain: boolean;
  /** Share of its campaign's calls that a person answers, 0 to 1; null: not known. */
  readonly answerRate: number | null;
  /** Of the agents who could take it, the share that this campaign could have as well, 0 to 1. */
  readonly share: number;
}

/** Something that was under way and has ended: when it began, when it ended. */
export interface PacingEvent {
  readonly kind:
    | 'answered' // a call in flight: a person answered
    | 'unanswered' // a call in flight: anything else (voicemail, no answer, busy, refused)
    | 'talk_ended'
    | 'wrap_up_ended';
  readonly since: EpochMs;
  readonly at: EpochMs;
}

/** The numbers of the policy's own formula: period and scope are in how they were counted. */
export interface AbandonmentCount {
  readonly abandoned: number;
  /** Live answers, answers or calls, as the policy's denominator says. */
  readonly denominator: number;
}

/** What the policy in force allows, and the campaign's own ring time-out. */
export interface PacingLimits {
  /** The highest share that may be abandoned, 0 to 1: the smaller of the law's and the campaign's. */
  readonly cap: number;
  /** Seconds after the answer within which an agent must speak; after them the call is abandoned. */
  readonly connectWithinS: number;
  /** Seconds from the placing of a call to its end if nobody answers. */
  readonly ringTimeoutS: number;
}

/** Why it is as many calls as it is; `predictive` may be more than one a free agent, all others are not. */
export const PACING_REASONS = [
  'predictive',
  /** Too few answers have been seen in the period, or by this controller, to tell what a call comes to. */
  'progressive.thin_data',
  /** The share of abandoned calls is at the hard stop. */
  'progressive.hard_stop',
  /** The mode is progressive. */
  'progressive',
] as const;
export type PacingReason = (typeof PACING_REASONS)[number];

export interface PacingDecision {
  /** Calls to place now, 0 or more; lines, calls per second and contacts may allow fewer. */
  readonly calls: number;
  readonly reason: PacingReason;
}

export interface PacingController {
  /** How many calls to place now. What it learns from the state stays in the controller. */
  decide(state: PacingState): PacingDecision;
  /** What has been learned, as JSON: a controller made with it goes on where this one stood. */
  learned(): unknown;
}

/**
 * One call for each free agent, less those under way, those who have already answered, and the agents whom calls of other
 * campaigns are likely to take: what any mode may place.
 */
export function oneEach(state: PacingState): number {
  const own = state.inFlightSince.length + state.waitingAnswers;
  return Math.max(0, state.freeUntil.length - own - takenByOthers(state.others));
}

/** As many as are expected and one standard deviation more; a call of which nothing is known is taken to be answered. */
function takenByOthers(others: readonly OtherCall[]): number {
  let [mean, variance] = [0, 0];
  for (const { certain, answerRate, share } of others) {
    const chance = share * (certain ? 1 : (answerRate ?? 1));
    mean += chance;
    variance += chance * (1 - chance);
  }
  // What rounding leaves of a whole number is no agent.
  return Math.ceil(mean + Math.sqrt(variance) - 1e-6);
}
