import { isOver, type Faults, type State } from './state.ts';

/** The promises that the model is about, by their numbers (docs/invariants.md). */
export const LAWS = {
  I1: 'I1 permit: a request without a committed permit',
  I2: 'I2 one ring: a second request of one attempt',
  I3: 'I3 stop means stop: a request after the acknowledgement',
  I3_down: 'I3 stop means stop: a phone in the scope of a stop is left ringing',
  I5: 'I5 caps: one person was rung twice under a cap of one',
  I10: 'I10 nothing stuck: an attempt that never ends',
  I10_ack: 'I10 nothing stuck: a stop that is never acknowledged',
} as const;

/**
 * What no state may show. A process that froze in the gap, and a request that the network held up, may each cost one
 * request too many: that is all of the residual risk, and it is asserted here to be all.
 */
export function brokenLaw(state: State, faults: Faults): string | null {
  const froze = faults.freezes - state.left.freezes;
  const late = faults.lateRequests - state.left.lateRequests;
  let afterStop = 0;
  let rang = 0;
  for (const { row, request, requests, afterStop: mine, leg } of state.attempts) {
    if (request !== 'none' && row === 'none') return LAWS.I1;
    if (requests > 1) return LAWS.I2;
    afterStop += mine;
    if (leg !== 'none') rang += 1;
  }
  if (afterStop > froze) return LAWS.I3;
  if (rang > 1 + froze + late) return LAWS.I5;
  return null;
}

/** What must hold where nothing can happen any more. */
export function brokenAtEnd(state: State): string | null {
  if (state.attempts.some(({ leg }) => leg === 'ringing')) return LAWS.I3_down;
  if (state.attempts.some(({ row }) => row !== 'none' && !isOver(row))) return LAWS.I10;
  if (state.stop.at !== 'stop.acknowledged' && state.stop.at !== 'died') return LAWS.I10_ack;
  return null;
}
