import { MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import type { StoredAgentCall, StoredSeat } from '../records.ts';
import type { Violation } from '../verdict.ts';
import type { StuckFinding } from './stuck.ts';

/** How long (real) past its time an agent who is kept for nothing is left to the sweeper before it counts. */
export const STALE_SEAT_MS = MINUTE_MS;

/**
 * I10: no agent talks on two calls at once: each was joined to the next one only after the last one was over.
 * @param calls on which one agent talked, in the order in which they were joined
 */
export function checkAgentCalls(calls: readonly StoredAgentCall[]): Violation[] {
  const violations: Violation[] = [];
  let last: StoredAgentCall | null = null;
  for (const call of calls) {
    if (last !== null && (last.endedReal === null || call.connectedReal < last.endedReal)) {
      const until = last.endedReal === null ? 'is not over' : `was over at ${toIso(last.endedReal)}`;
      violations.push({
        subject: { agentId: call.agentId, attemptId: call.attemptId, otherAttemptId: last.attemptId },
        what: `was joined at ${toIso(call.connectedReal)}, while attempt ${last.attemptId} ${until}`,
        expected: 'one call at a time for each agent',
      });
    }
    if (last === null || last.endedReal === null || (call.endedReal ?? Infinity) > last.endedReal)
      last = call;
  }
  return violations;
}

/**
 * I10: an agent who is kept for something, talks or writes down, does so for a call or a contact that is open and theirs.
 * @param nowReal when the data was read
 */
export function checkSeat(seat: StoredSeat, nowReal: EpochMs): StuckFinding {
  const { agentId, attemptId, previewId, callState, previewOpen } = seat;
  const subject = {
    agentId,
    ...(attemptId === null ? {} : { attemptId }),
    ...(previewId === null ? {} : { previewId }),
  };
  const none: StuckFinding = { violations: [], warnings: [] };
  const found = (what: string, expected: string): Violation => ({ subject, what, expected });
  switch (seat.state) {
    case 'in_call':
    case 'wrap_up': {
      const due = seat.state === 'in_call' ? 'connected' : 'wrap_up';
      if (callState === due) return none;
      const what = `is ${seat.state} at a call of theirs that is ${callState ?? 'not there'}`;
      return { ...none, violations: [found(what, `a call that is ${due}, or another state`)] };
    }
    case 'reserved': {
      const isOpen =
        attemptId === null ? previewOpen : callState === 'reserved' || callState === 'connecting';
      if (isOpen) return none;
      const what = `is kept for ${attemptId === null ? 'a preview' : 'a call'} that is not open`;
      const finding = found(what, 'free soon after it is over');
      const isStale = nowReal - (seat.leaseUntilReal ?? 0) > STALE_SEAT_MS;
      return isStale ? { ...none, violations: [finding] } : { ...none, warnings: [finding] };
    }
    default:
      return none;
  }
}
