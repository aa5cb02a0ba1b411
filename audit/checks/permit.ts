import { toIso } from '../../domain/time.ts';
import type { AttemptState } from '../../domain/vocabulary.ts';
import { ROUNDING_MS, type Dial, type StoredAttempt } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** States that say that no carrier has, or had, the call. */
const NOT_RUNG_STATES: readonly AttemptState[] = ['claimed', 'revoked', 'abandoned', 'rejected'];

/**
 * Real ms by which the two halves of one statement may be dated apart: each reads the clock when its turn comes. Well
 * below a permit's lease of 2 s.
 */
const SAME_STATEMENT_MS = 1_000;

/**
 * I1: nothing is sent without a permit, and a permit is an `allow` of the dial gate for this very contact and
 * admission, on record with the claim and before the send, and no longer than the decision allows.
 */
export function checkPermit(attempt: StoredAttempt): Violation[] {
  // Its decision was lost with a backup, and the restore says so: counted apart, and no violation (docs/restore.md).
  const violations = isRestored(attempt) ? [] : checkDecision(attempt);
  const subject = { attemptId: attempt.id };
  if (
    ['sending', 'sent', 'ended', 'unknown', 'rejected'].includes(attempt.state) &&
    attempt.sendingReal === null
  ) {
    violations.push({
      subject,
      what: `is ${attempt.state} and was never set to sending`,
      expected: 'the compare-and-set from claimed to sending before anything reaches a carrier',
    });
  }
  for (const dial of attempt.dials) violations.push(...checkDial(attempt, dial));
  return violations;
}

/** Written by a restore, on the word of the carrier. */
export function isRestored(attempt: StoredAttempt): boolean {
  return attempt.restoredReal !== null && attempt.decisionId === null;
}

function checkDial(attempt: StoredAttempt, dial: Dial): Violation[] {
  const subject = { attemptId: attempt.id, line: dial.line };
  const violations: Violation[] = [];
  if (attempt.sendingReal === null) {
    violations.push({
      subject,
      what: `the carrier was asked to ring for an attempt that is ${attempt.state} and was never set to sending`,
      expected: 'requests only for attempts that were set to sending',
    });
  } else if (!isRestored(attempt) && dial.atReal + ROUNDING_MS < attempt.sendingReal) {
    violations.push({
      subject,
      what: `the carrier was asked at ${toIso(dial.atReal)}, before the attempt was set to sending`,
      expected: `no request before ${toIso(attempt.sendingReal)}`,
    });
  }
  if (dial.accepted && NOT_RUNG_STATES.includes(attempt.state)) {
    violations.push({
      subject,
      what: `the carrier took a request that is on record as ${attempt.state}, so that no cap counts it`,
      expected: 'an attempt that the carrier took to be sent, ended or unknown',
    });
  }
  return violations;
}

function checkDecision(attempt: StoredAttempt): Violation[] {
  const { decision } = attempt;
  const subject = {
    attemptId: attempt.id,
    ...(attempt.decisionId === null ? {} : { decisionId: attempt.decisionId }),
  };
  if (decision === null) {
    return [{ subject, what: 'has no decision', expected: 'the decision that permitted it' }];
  }
  const faults: [boolean, string, string][] = [
    [decision.stage !== 'dial', `was permitted by a decision of stage ${decision.stage}`, 'stage dial'],
    [
      decision.verdict !== 'allow',
      `was permitted by a decision that says ${decision.verdict}`,
      'verdict allow',
    ],
    [decision.contactId !== attempt.contactId, "uses another contact's decision", 'its own contact'],
    [decision.campaignId !== attempt.campaignId, "uses another campaign's decision", 'its own campaign'],
    [decision.personId !== attempt.personId, "uses another person's decision", 'its own person'],
    [
      decision.admission !== attempt.admission,
      `of admission ${attempt.admission} uses the decision of admission ${decision.admission}`,
      'its own admission',
    ],
    [
      decision.recordedReal > attempt.claimedReal + SAME_STATEMENT_MS,
      `was claimed at ${toIso(attempt.claimedReal)}, before its decision was recorded`,
      `a claim in the statement that recorded it, at ${toIso(decision.recordedReal)}`,
    ],
    [
      attempt.sendingReal !== null && decision.recordedReal > attempt.sendingReal + ROUNDING_MS,
      'was sent before its decision was recorded',
      `a send after ${toIso(decision.recordedReal)}`,
    ],
    [
      decision.until !== null && (attempt.allowUntil === null || attempt.allowUntil > decision.until),
      `may be sent until ${attempt.allowUntil === null ? 'ever' : toIso(attempt.allowUntil)}`,
      `no longer than its decision allows${decision.until === null ? '' : `, ${toIso(decision.until)}`}`,
    ],
  ];
  return faults.filter(([fault]) => fault).map(([, what, expected]) => ({ subject, what, expected }));
}

/** I1, the carrier's side: a request that no attempt of the tenant answers for. */
export function checkUnknownDial(dial: { line: number; attemptId: string | null }): Violation[] {
  const subject = { line: dial.line, ...(dial.attemptId === null ? {} : { attemptId: dial.attemptId }) };
  return [
    {
      subject,
      what:
        dial.attemptId === null
          ? 'the carrier was asked to ring without an attempt id'
          : 'the carrier was asked to ring for an attempt that is not on record',
      expected: 'an attempt with a permit behind every request',
    },
  ];
}
