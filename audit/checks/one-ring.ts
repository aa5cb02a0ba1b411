import { attemptIdOf } from '../../domain/ids.ts';
import type { StoredAttempt } from '../records.ts';
import type { Violation } from '../verdict.ts';

/**
 * I2: the carrier was asked at most once for an attempt id, whatever it answered; and the ids themselves cannot
 * hide a second ring: they are the contact's id and a number that counts up from 1 without a gap, and each
 * admission has made at most one.
 * @param attempts all attempts of one contact, in any order
 */
export function checkOneRing(attempts: readonly StoredAttempt[]): Violation[] {
  const violations: Violation[] = [];
  const admissions = new Set<number>();
  const sorted = attempts.toSorted((a, b) => a.n - b.n);
  sorted.forEach((attempt, index) => {
    const subject = { attemptId: attempt.id };
    if (attempt.id !== attemptIdOf(attempt.contactId, attempt.n)) {
      violations.push({
        subject,
        what: 'has an id that is not its contact and number',
        expected: attemptIdOf(attempt.contactId, attempt.n),
      });
    }
    if (attempt.n !== index + 1) {
      violations.push({
        subject,
        what: `is number ${attempt.n}, and ${index} of its contact come before it`,
        expected: `number ${index + 1}: attempts of a contact count up from 1 without gap or repeat`,
      });
    }
    if (admissions.has(attempt.admission)) {
      violations.push({
        subject,
        what: `is the second attempt of admission ${attempt.admission}`,
        expected: 'one attempt at most for each admission',
      });
    }
    admissions.add(attempt.admission);
    if (attempt.dials.length > 1) {
      violations.push({
        subject: { ...subject, lines: attempt.dials.map((dial) => dial.line).join(', ') },
        what: `the carrier was asked ${attempt.dials.length} times`,
        expected: 'one request at most for an attempt id',
      });
    }
  });
  return violations;
}
