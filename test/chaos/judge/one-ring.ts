import { toIso } from '../../../domain/time.ts';
import { byId, dialsOf, grouped, type Case } from './records.ts';
import type { Findings, Found } from './verdict.ts';

/** I2: whatever the carrier answered, it was asked at most once for each attempt id. */
export function judgeOneRing({ evidence, records }: Case): Findings {
  const attempts = byId(records.attempts);
  const byAttempt = grouped(dialsOf(evidence), (dial) => dial.attemptId);
  const violations: Found[] = [];
  for (const [attemptId, dials] of byAttempt) {
    if (dials.length === 1) continue;
    const contactId = attempts.get(attemptId)?.contactId;
    violations.push({
      subject: { attemptId, ...(contactId === undefined ? {} : { contactId }) },
      aroundReal: dials[1]!.atReal,
      what: `was asked for ${dials.length} times, at ${dials.map((dial) => `${toIso(dial.atReal)} (${dial.result})`).join(', ')}`,
      expected: 'one request',
    });
  }
  return { looked: byAttempt.size, violations, residuals: [], notLooked: [] };
}
