import type { DialFacts } from '../../domain/facts.ts';
import type { StoredDecision } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** I12: a tenant's decision was made on that tenant's facts. */
export function checkIsolation(tenantId: string, decision: StoredDecision, facts: DialFacts): Violation[] {
  if (facts.tenantId === tenantId) return [];
  return [
    {
      subject: { decisionId: decision.id, contactId: decision.contactId },
      what: "was made on another tenant's facts",
      expected: "its own tenant's facts",
    },
  ];
}
