import { toIso } from '../../../domain/time.ts';
import { byId, dialsOf, type AttemptRecord, type Case, type DecisionRecord, type Dial } from './records.ts';
import type { Findings, Found } from './verdict.ts';

/** States in which the engine says that no phone rang. */
const NOT_RUNG = new Set(['claimed', 'revoked', 'abandoned', 'rejected']);
/** Real instants of the database are rounded to the millisecond, those of the log cut off. */
export const ROUNDING_MS = 1;

/** I1: each request has an attempt whose permit was on record before it; what the carrier took is not on record as not rung. */
export function judgePermits({ evidence, records }: Case): Findings {
  const attempts = byId(records.attempts);
  const decisions = byId(records.decisions);
  const dials = dialsOf(evidence);
  const violations = dials.flatMap((dial): Found[] => {
    const attempt = dial.attemptId === null ? undefined : attempts.get(dial.attemptId);
    if (attempt === undefined) {
      return [
        {
          subject: dial.attemptId === null ? {} : { attemptId: dial.attemptId },
          aroundReal: dial.atReal,
          what: `the carrier was asked at ${toIso(dial.atReal)}, and no such attempt is on record`,
          expected: 'an attempt with a permit behind each request',
        },
      ];
    }
    return faultsOf(dial, attempt, decisions.get(attempt.decisionId)).map(([what, expected]) => ({
      subject: { attemptId: attempt.id, contactId: attempt.contactId },
      aroundReal: dial.atReal,
      what,
      expected,
    }));
  });
  return { looked: dials.length, violations, residuals: [], notLooked: [] };
}

function faultsOf(
  dial: Dial,
  attempt: AttemptRecord,
  decision: DecisionRecord | undefined,
): [what: string, expected: string][] {
  const faults: [string, string][] = [];
  const asked = `the carrier was asked at ${toIso(dial.atReal)}`;
  if (attempt.sendingReal === null || attempt.sendingReal > dial.atReal + ROUNDING_MS) {
    faults.push([`${asked}, and the attempt was not set to sending before`, 'the compare-and-set first']);
  }
  if (decision === undefined) faults.push([`${asked}, and its decision is not there`, 'its decision']);
  else if (decision.verdict !== 'allow' || decision.stage !== 'dial') {
    faults.push([`its decision says ${decision.verdict} (${decision.stage})`, 'allow, at the gate']);
  } else if (decision.recordedReal > dial.atReal + ROUNDING_MS) {
    faults.push([
      `${asked}, before its decision was recorded`,
      `a request after ${toIso(decision.recordedReal)}`,
    ]);
  }
  if (dial.accepted && NOT_RUNG.has(attempt.state)) {
    faults.push([
      `the carrier took it, and it is on record as ${attempt.state}`,
      'a call that counts as one',
    ]);
  }
  return faults;
}
