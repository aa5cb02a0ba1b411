import { MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import { isTerminalContactState } from '../../domain/vocabulary.ts';
import type { StoredContact } from '../records.ts';
import type { Violation } from '../verdict.ts';

/**
 * How long (real) an admission may stand without an attempt before it is pointed out. The dial queue's own waits and
 * a worker's restart fit into it.
 */
export const STALE_ADMISSION_MS = 5 * MINUTE_MS;
/** How long (real) past its lease an attempt is left to the sweeper before it is pointed out. */
export const STALE_LEASE_MS = MINUTE_MS;

export interface StuckFinding {
  readonly violations: readonly Violation[];
  /** What an engine that runs will take up by itself, and what shows that it does not run, or not well. */
  readonly warnings: readonly Violation[];
}

/**
 * I10: a contact that is not final waits with an instant or is being worked on, and a campaign that has come to its
 * end has nothing left open.
 * @param nowReal when the data was read
 */
export function checkStuck(contact: StoredContact, nowReal: EpochMs): StuckFinding {
  const subject = { contactId: contact.id, campaignId: contact.campaignId };
  const violations: Violation[] = [];
  const warnings: Violation[] = [];
  const over = contact.campaignStatus === 'completed';
  const final = isTerminalContactState(contact.state);

  if (over && !final) {
    violations.push({
      subject,
      what: `is ${contact.state} in a campaign that is completed`,
      expected: 'a final state with its reason',
    });
  }
  if (contact.state === 'waiting' && contact.readyAt === null) {
    violations.push({ subject, what: 'waits without an instant', expected: 'an instant at which it is due' });
  }
  for (const attempt of contact.openAttempts) {
    const ids = { ...subject, attemptId: attempt.id };
    const overdue = nowReal - attempt.leaseUntilReal > STALE_LEASE_MS;
    if (over) {
      violations.push({
        subject: ids,
        what: `has an attempt that is ${attempt.state} in a campaign that is completed`,
        expected: 'an attempt that has come to its end',
      });
    } else if ((attempt.state === 'claimed' || attempt.state === 'sending') && overdue) {
      warnings.push({
        subject: ids,
        what: `has an attempt that is ${attempt.state}, its lease over since ${toIso(attempt.leaseUntilReal)}`,
        expected: 'abandoned or reconciled soon after its lease',
      });
    }
  }
  const admittedFor = contact.admittedReal === null ? Infinity : nowReal - contact.admittedReal;
  if (
    !over &&
    contact.state === 'admitted' &&
    contact.openAttempts.length === 0 &&
    !contact.withAgent &&
    admittedFor > STALE_ADMISSION_MS
  ) {
    warnings.push({
      subject,
      what:
        contact.admittedReal === null
          ? 'is admitted, and since when is not on record'
          : `is admitted since ${toIso(contact.admittedReal)} (real) without an attempt`,
      expected: 'an attempt, a return to the hopper or a final state; an engine that runs takes it up again',
    });
  }
  return { violations, warnings };
}
