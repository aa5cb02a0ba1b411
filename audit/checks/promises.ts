import { ENGINE, type CallbackStep } from '../../domain/callback.ts';
import { MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import { isTerminalContactState } from '../../domain/vocabulary.ts';
import type { StoredPromise } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** How long (real) a promise whose window is over may be left to a running engine before it is pointed out. */
export const STALE_PROMISE_MS = 5 * MINUTE_MS;

export interface PromiseFinding {
  readonly violations: readonly Violation[];
  /** What a running engine takes up by itself, and what shows that none ran. */
  readonly warnings: readonly Violation[];
}

/**
 * I11: a promise that was kept has the call that kept it, sent within its window; that the rules allowed this call is I1.
 * One that was not says why, and no call was sent in its window. One that was moved was so while its window lasted, and by
 * the engine for a reason alone, to a later window as long. One that is open has a contact that may still be called.
 * @param nowReal when the data was read
 */
export function checkPromise(promise: StoredPromise, nowReal: EpochMs): PromiseFinding {
  return {
    violations: [...checkMoves(promise), ...checkEnd(promise)],
    warnings: checkAsked(promise, nowReal),
  };
}

/** One that is moved once its window is over hides a breach; the engine moves nothing without a rule that asks for it. */
function checkMoves({ id, contactId, steps, fromAt, untilAt }: StoredPromise): Violation[] {
  const subject = { callbackId: id, contactId };
  const moves = steps.filter((step) => step.kind === 'moved');
  return moves.flatMap((step, i) => {
    const violations: Violation[] = [];
    const next = i + 1 < moves.length ? windowOf(moves[i + 1]!) : { from: fromAt, until: untilAt };
    const { from, until } = windowOf(step);
    if (step.by === ENGINE && step.reason === null) {
      violations.push({ subject, what: 'was moved by the engine without a reason', expected: 'the reason' });
    }
    if (Date.parse(step.at) >= until) {
      const what = `was moved at ${step.at}, when its window was over`;
      violations.push({ subject, what, expected: `a move before ${step.until}, or a breach` });
    }
    if (step.by === ENGINE && (next.from < until || next.until - next.from !== until - from)) {
      const what = `was moved by the engine to ${toIso(next.from)} to ${toIso(next.until)}, out of a window to ${step.until}`;
      violations.push({
        subject,
        what,
        expected: 'a window as long that begins when the other is over, or later',
      });
    }
    return violations;
  });
}

/** The window that it had before the move. */
function windowOf({ from, until }: Extract<CallbackStep, { kind: 'moved' }>) {
  return { from: Date.parse(from), until: Date.parse(until) };
}

function checkEnd(promise: StoredPromise): Violation[] {
  const subject = { callbackId: promise.id, contactId: promise.contactId };
  const window = `${toIso(promise.fromAt)} to ${toIso(promise.untilAt)}`;
  switch (promise.status) {
    case 'promised': {
      if (!isTerminalContactState(promise.contactState)) return [];
      const what = `is open, and nobody will call: its contact is ${promise.contactState}`;
      return [{ subject, what, expected: 'kept, breached or cancelled with the end of its contact' }];
    }
    case 'kept': {
      const at = promise.keptAt;
      if (at !== null && promise.fromAt <= at && at < promise.untilAt) return [];
      const what =
        at === null
          ? 'is kept by an attempt that was never sent'
          : `is kept by an attempt sent at ${toIso(at)}`;
      return [{ subject, what, expected: `one sent within its window, ${window}` }];
    }
    case 'breached':
    case 'cancelled': {
      const violations: Violation[] = [];
      if (promise.reason === null) {
        violations.push({ subject, what: `is ${promise.status} without a reason`, expected: 'the reason' });
      }
      if (promise.status === 'breached' && promise.sentInWindow !== null) {
        const what = `is breached, though attempt ${promise.sentInWindow} was sent within its window`;
        violations.push({ subject, what, expected: 'kept' });
      }
      return violations;
    }
  }
}

/** Whether it was looked at when it fell due, and when its window was over. */
function checkAsked(promise: StoredPromise, nowReal: EpochMs): Violation[] {
  const { id: callbackId, contactId, status, untilAt, settledAt, passedReal } = promise;
  const subject = { callbackId, contactId };
  const window = `${toIso(promise.fromAt)} to ${toIso(untilAt)}`;
  if (status === 'promised' && passedReal !== null && nowReal - passedReal > STALE_PROMISE_MS) {
    const what = `is open, its window over since ${toIso(untilAt)}`;
    return [{ subject, what, expected: 'kept or breached soon after its window' }];
  }
  const ranOut = status === 'breached' && settledAt !== null && settledAt >= untilAt;
  if (ranOut && !promise.askedWhenDue) {
    const what = `is breached, and nobody asked the rules about it in its window, ${window}`;
    return [{ subject, what, expected: 'an engine that runs when a promise falls due' }];
  }
  return [];
}
