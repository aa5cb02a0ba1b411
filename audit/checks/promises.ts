import { toIso } from '../../domain/time.ts';
import type { StoredPromise } from '../records.ts';
import type { Violation } from '../verdict.ts';

/**
 * I11: a promise that was kept has the call that kept it, sent within its window; one that was not says why, and no call
 * was sent in its window.
 */
export function checkPromise(promise: StoredPromise): Violation[] {
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
