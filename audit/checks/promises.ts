import { ENGINE } from '../../domain/callback.ts';
import { toIso } from '../../domain/time.ts';
import type { StoredPromise } from '../records.ts';
import type { Violation } from '../verdict.ts';

/**
 * I11: a promise that was kept has the call that kept it, sent within its window; one that was not says why, and no call
 * was sent in its window. One that was moved was so while its window lasted, and by the engine for a reason alone.
 */
export function checkPromise(promise: StoredPromise): Violation[] {
  return [...checkMoves(promise), ...checkEnd(promise)];
}

/** One that is moved once its window is over hides a breach; the engine moves nothing without a rule that asks for it. */
function checkMoves({ id, contactId, steps }: StoredPromise): Violation[] {
  const subject = { callbackId: id, contactId };
  return steps.flatMap((step) => {
    if (step.kind !== 'moved') return [];
    const violations: Violation[] = [];
    if (step.by === ENGINE && step.reason === null) {
      violations.push({ subject, what: 'was moved by the engine without a reason', expected: 'the reason' });
    }
    if (Date.parse(step.at) >= Date.parse(step.until)) {
      const what = `was moved at ${step.at}, when its window was over`;
      violations.push({ subject, what, expected: `a move before ${step.until}, or a breach` });
    }
    return violations;
  });
}

function checkEnd(promise: StoredPromise): Violation[] {
  const subject = { callbackId: promise.id, contactId: promise.contactId };
  const window = `${toIso(promise.fromAt)} to ${toIso(promise.untilAt)}`;
  switch (promise.status) {
    case 'promised':
      return [];
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
