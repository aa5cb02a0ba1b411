/**
 * Agentless pacing: no agent has to be free, so the carrier's channels and its calls per second are all that
 * bounds the dialling. Pure: state in, number of calls out.
 */
export interface AgentlessState {
  /** Contacts of the campaign that are admitted: a gate pass or a call is under way for each. */
  readonly admitted: number;
  /**
   * Of these, contacts for which the carrier has not yet answered: they wait for a send slot, or for its answer. A
   * carrier that takes long to answer is asked for less.
   */
  readonly awaitingSend: number;
  readonly maxConcurrentCalls: number;
  /** The carrier's calls over all campaigns, and what it can hold. */
  readonly carrierCalls: number;
  readonly carrierMaxConcurrentCalls: number;
  /** Of `carrierCalls`, those that the carrier is being asked for, or is about to be. */
  readonly carrierAsking: number;
  /** The carrier has rested after failures, and has not answered since. */
  readonly onTrial: boolean;
  /** The smaller of the campaign's and the carrier's calls per second. */
  readonly callsPerSecond: number;
}

/**
 * How many sends may stand in line, in seconds of the carrier's rate. A permit lives 2 s (design: lease ≤ 2 s); one
 * second in line leaves the other half for the send itself, so that permits are used and not abandoned.
 */
const SEND_QUEUE_S = 1;
/** Even a slow carrier has one call on its way to the gate. */
const MIN_SEND_QUEUE = 2;

/** @returns how many more contacts to admit now, 0 or more. */
export function contactsToAdmit(state: AgentlessState): number {
  // One call finds out whether the carrier is back.
  const trial = state.onTrial ? 1 - state.awaitingSend - state.carrierAsking : Infinity;
  const channels = state.maxConcurrentCalls - state.admitted;
  const carrierChannels = state.carrierMaxConcurrentCalls - state.carrierCalls - state.awaitingSend;
  const queue =
    Math.max(MIN_SEND_QUEUE, Math.floor(state.callsPerSecond * SEND_QUEUE_S)) - state.awaitingSend;
  return Math.max(0, Math.min(channels, carrierChannels, queue, trial));
}
