import type { EpochMs } from '../../domain/time.ts';
import type { Outcome } from '../../domain/vocabulary.ts';
import { codesOf } from '../causes.ts';
import type { CallPlan } from './plan.ts';
import type { WireEnd, WireEvent } from './wire.ts';

/** A call as the log knows it: enough to work out the rest again after a crash. */
export interface CallStart {
  readonly attemptId: string;
  readonly reference: string;
  /** Simulated instant at which the request was accepted. */
  readonly startedAt: EpochMs;
  readonly ringTimeoutS: number;
}

/**
 * All events of a call that is left alone, in order, the last one its end. Pure, so that a restarted
 * simulator goes on with the call that it had, with the same event ids.
 */
export function timelineOf(call: CallStart, plan: CallPlan): readonly WireEvent[] {
  const ringingAt = call.startedAt + toMs(plan.setupS);
  const event = (type: WireEvent['type'], at: EpochMs, rest: Partial<WireEvent> = {}): WireEvent => ({
    eventId: `${call.reference}-${type}`,
    attemptId: call.attemptId,
    reference: call.reference,
    type,
    at,
    digits: null,
    end: null,
    ...rest,
  });
  const ended = (at: EpochMs, end: WireEnd): WireEvent => event('ended', at, { end });

  if (!plan.rings) {
    return [ended(ringingAt, endOf(plan.outcome, 'carrier', { ringS: 0, talkS: 0 }))];
  }
  const ringing = event('ringing', ringingAt);
  if (plan.ringS >= call.ringTimeoutS) {
    const end = endOf('no_answer', 'us', { ringS: call.ringTimeoutS, talkS: 0, endedByUs: 'ring_timeout' });
    return [ringing, ended(ringingAt + toMs(call.ringTimeoutS), end)];
  }
  const ringEndsAt = ringingAt + toMs(plan.ringS);
  if (plan.outcome !== 'answered' && plan.outcome !== 'voicemail') {
    const by = plan.outcome === 'no_answer' ? 'carrier' : 'callee';
    return [ringing, ended(ringEndsAt, endOf(plan.outcome, by, { ringS: plan.ringS, talkS: 0 }))];
  }
  const middle = [event('answered', ringEndsAt)];
  if (plan.digits !== null) {
    middle.push(event('dtmf', ringEndsAt + toMs(plan.digitsAfterS), { digits: plan.digits }));
  }
  const { ringS, talkS, disposition } = plan;
  const end = endOf(plan.outcome, 'callee', { ringS, talkS, disposition });
  return [ringing, ...middle, ended(ringEndsAt + toMs(talkS), end)];
}

/** The end of a call that is hung up at `at`, after the events that had happened by then. */
export function hungUp(call: CallStart, happened: readonly WireEvent[], at: EpochMs): WireEvent {
  const ringing = happened.find((e) => e.type === 'ringing');
  const answered = happened.find((e) => e.type === 'answered');
  const ringS = ringing === undefined ? 0 : ((answered?.at ?? at) - ringing.at) / 1000;
  const talkS = answered === undefined ? 0 : (at - answered.at) / 1000;
  const outcome = answered === undefined ? 'cancelled' : 'answered';
  return {
    eventId: `${call.reference}-ended`,
    attemptId: call.attemptId,
    reference: call.reference,
    type: 'ended',
    at,
    digits: null,
    end: endOf(outcome, 'us', { ringS, talkS, endedByUs: 'stop' }),
  };
}

function endOf(
  outcome: Outcome,
  by: WireEnd['by'],
  rest: Pick<WireEnd, 'ringS' | 'talkS'> & Partial<WireEnd>,
): WireEnd {
  const answered = outcome === 'answered' || outcome === 'voicemail';
  return {
    by,
    endedByUs: null,
    ...codesOf(outcome),
    vendorCode: null,
    answered,
    machine: answered ? outcome === 'voicemail' : null,
    disposition: null,
    ...rest,
  };
}

function toMs(s: number): number {
  return Math.round(s * 1000);
}
