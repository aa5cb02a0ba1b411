import type { DialFacts } from '../../domain/facts.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { RuleResult } from '../../domain/decision.ts';
import { evaluate, type CompiledPolicySet } from '../../policies/index.ts';
import type { StoredAttempt } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** Rule types whose answer depends on the local time alone; `guard`: which zones and jurisdictions there are. */
const TIME_RULES = new Set(['calling_window', 'calendar_block', 'emergency_block', 'guard']);

/**
 * I4: at each instant at which the attempt was sent, by our record and by the carrier's, every rule of local time
 * allowed it in every candidate zone and jurisdiction, and the permit's own end was not reached.
 * @param facts the decision's facts, as stored
 */
export function checkLocalTime(
  attempt: StoredAttempt,
  facts: DialFacts,
  policySet: CompiledPolicySet,
): Violation[] {
  return sendInstants(attempt).flatMap(({ at, subject }) => {
    const { results } = evaluate({ policySet, facts, at, horizonMs: 0 });
    const violations = results
      .filter((result) => TIME_RULES.has(result.type) && isAgainst(result))
      .map((result) => ({
        subject: { ...subject, rule: result.rule },
        what: `was sent at ${toIso(at)}, which is not allowed (${result.reason ?? result.outcome})`,
        expected: `an instant that ${result.pack}/${result.rule} allows in every candidate zone`,
      }));
    if (attempt.allowUntil !== null && at >= attempt.allowUntil) {
      violations.push({
        subject: { ...subject, rule: 'permit' },
        what: `was sent at ${toIso(at)}, when its permit was over`,
        expected: `a send before ${toIso(attempt.allowUntil)}`,
      });
    }
    return violations;
  });
}

function sendInstants(
  attempt: StoredAttempt,
): { at: EpochMs; subject: Readonly<Record<string, string | number>> }[] {
  const subject = { attemptId: attempt.id };
  return [
    ...(attempt.sendingAt === null ? [] : [{ at: attempt.sendingAt, subject }]),
    ...attempt.dials
      .filter((dial) => dial.accepted)
      .map((dial) => ({ at: dial.at, subject: { ...subject, line: dial.line } })),
  ];
}

function isAgainst(result: RuleResult): boolean {
  return result.outcome === 'deny' || result.outcome === 'defer';
}
