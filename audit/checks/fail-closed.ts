import type { DialFacts } from '../../domain/facts.ts';
import type { StoredDecision } from '../records.ts';
import type { Violation } from '../verdict.ts';

/**
 * I6: no call was allowed on what was not known. An `allow` rests on a jurisdiction and a zone, on at least one rule
 * that spoke, and on no rule that spoke against it.
 */
export function checkFailClosed(decision: StoredDecision, facts: DialFacts): Violation[] {
  if (decision.verdict !== 'allow') return [];
  const subject = { decisionId: decision.id, contactId: decision.contactId };
  const violations: Violation[] = [];
  if (!facts.locations.some((location) => location.zone !== null)) {
    violations.push({ subject, what: 'was allowed without any time zone', expected: 'deny: zone.unknown' });
  }
  if (facts.number.country === null && !facts.locations.some((l) => l.jurisdiction !== null)) {
    violations.push({
      subject,
      what: 'was allowed without any jurisdiction',
      expected: 'deny: jurisdiction.unknown',
    });
  }
  if (decision.results.length === 0) {
    violations.push({ subject, what: 'was allowed by no rule at all', expected: 'the results of the rules' });
  }
  for (const result of decision.results) {
    if (result.outcome === 'pass' || result.outcome === 'exempt') continue;
    violations.push({
      subject: { ...subject, rule: result.rule },
      what: `was allowed though ${result.pack}/${result.rule} says ${result.outcome} (${result.reason ?? 'no reason'})`,
      expected: 'every result of an allow to be pass or exempt',
    });
  }
  if (decision.reasons.length > 0) {
    violations.push({
      subject,
      what: `was allowed with reasons against it: ${decision.reasons.join(', ')}`,
      expected: 'an allow without reasons',
    });
  }
  return violations;
}
