import type { StoredDecision } from '../records.ts';
import type { Violation } from '../verdict.ts';

/** A number as E.164 writes it (at most 15 digits, ITU-T E.164 6.1), not followed by more digits. */
const PLAIN_NUMBER = /\+[1-9]\d{6,14}(?!\d)/;

/** I8: a decision holds keyed pseudonyms, never a number. The number itself is not repeated here. */
export function checkPrivacy(decision: StoredDecision): Violation[] {
  return (['facts', 'results', 'reasons'] as const)
    .filter((part) => PLAIN_NUMBER.test(JSON.stringify(decision[part])))
    .map((part) => ({
      subject: { decisionId: decision.id, contactId: decision.contactId },
      what: `holds what looks like a telephone number in its ${part}`,
      expected: 'keyed pseudonyms only',
    }));
}
