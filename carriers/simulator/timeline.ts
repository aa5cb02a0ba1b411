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

/** What was done to a call while it was up, besides a hang-up. */
export interface CallDeeds {
  /** Agents joined to it, in order; the last one is on it. */
  readonly joins: readonly { readonly at: EpochMs; readonly agentId: string }[];
  /** It was told something from then on, for so many seconds, and then hung up. */
  readonly played: { readonly at: EpochMs; readonly lastsS: number } | null;
}

export const NO_DEEDS: CallDeeds = { joins: [], played: null };

/**
 * All events of a call, in order, the last one its end: of one that is left alone, or to which these things were done.
 * Pure, so that a restarted simulator goes on with the call that it had, with the same event ids. What was done changes
 * nothing of what had happened before it.
 */
export function timelineOf(
  call: CallStart,
  plan: CallPlan,
  deeds: CallDeeds = NO_DEEDS,
): readonly WireEvent[] {
  const ringingAt = call.startedAt + toMs(plan.setupS);
  const event = (type: WireEvent['type'], at: EpochMs, rest: Partial<WireEvent> = {}): WireEvent => ({
    eventId: `${call.reference}-${type}`,
    attemptId: call.attemptId,
    reference: call.reference,
    type,
    at,
    digits: null,
    machine: null,
    agentId: null,
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
  const middle = [event('answered', ringEndsAt, { machine: plan.outcome === 'voicemail' })];
  if (plan.digits !== null) {
    middle.push(event('dtmf', ringEndsAt + toMs(plan.digitsAfterS), { digits: plan.digits }));
  }
  const rest = restOf(ringEndsAt, plan, deeds);
  const joins = deeds.joins.map(({ at, agentId }, i) =>
    event('joined', at, { eventId: `${call.reference}-joined${i === 0 ? '' : `-${i + 1}`}`, agentId }),
  );
  const talkS = (rest.endsAt - ringEndsAt) / 1_000;
  const { by, endedByUs, disposition } = rest;
  const end = endOf(plan.outcome, by, { ringS: plan.ringS, talkS, disposition, endedByUs });
  const between = [...middle, ...joins].filter(({ at }) => at < rest.endsAt || at === ringEndsAt);
  return [ringing, ...between.sort((a, b) => a.at - b.at), ended(rest.endsAt, end)];
}

/** How an answered call goes on and ends: the dialogue, the talk with an agent, a wait that was too long, or a message. */
function restOf(
  answeredAt: EpochMs,
  plan: CallPlan,
  { joins, played }: CallDeeds,
): { endsAt: EpochMs } & Pick<WireEnd, 'by' | 'endedByUs' | 'disposition'> {
  const byCallee = { by: 'callee', endedByUs: null } as const;
  // What a talk with an agent came to is the agent's to say.
  if (played !== null)
    return {
      endsAt: played.at + toMs(played.lastsS),
      by: 'us',
      endedByUs: 'stop',
      disposition: null,
    };
  const [joined] = joins;
  if (joined !== undefined) return { ...byCallee, endsAt: joined.at + toMs(plan.talkS), disposition: null };
  if (plan.agentAfterS !== null)
    return {
      ...byCallee,
      endsAt: answeredAt + toMs(plan.agentAfterS + plan.patienceS),
      disposition: null,
    };
  return { ...byCallee, endsAt: answeredAt + toMs(plan.talkS), disposition: plan.disposition };
}

/** The end of a call that is hung up at `at`, after the events that had happened by then. */
export function hungUp(call: CallStart, happened: readonly WireEvent[], at: EpochMs): WireEvent {
  const ringing = happened.find((e) => e.type === 'ringing');
  const answered = happened.find((e) => e.type === 'answered');
  const ringS = ringing === undefined ? 0 : ((answered?.at ?? at) - ringing.at) / 1000;
  const talkS = answered === undefined ? 0 : (at - answered.at) / 1000;
  const outcome = answered === undefined ? 'cancelled' : answered.machine === true ? 'voicemail' : 'answered';
  return {
    eventId: `${call.reference}-ended`,
    attemptId: call.attemptId,
    reference: call.reference,
    type: 'ended',
    at,
    digits: null,
    machine: null,
    agentId: null,
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
