import type { FaultLine } from '../evidence.ts';
import { judgeCase } from './index.ts';
import type { AttemptRecord, ContactRecord } from './records.ts';
import {
  AUTUMN,
  AUTUMN_CONTACT,
  callOf,
  DIAL_AFTER_MS,
  dialLine,
  FIRST,
  LATER,
  sampleCase,
  SECOND,
  START,
  type Changes,
} from './sample-case.ts';
import type { GuaranteeId } from './verdict.ts';

/** What tests of the judge change of the run that kept everything, and which guarantees are violated then. */
export const clean = sampleCase();

/** Guarantees that a case violates. */
export function violated(changes: Changes): GuaranteeId[] {
  return Object.entries(judgeCase(sampleCase(changes)))
    .filter(([, { violations }]) => violations.length > 0)
    .map(([id]) => id as GuaranteeId);
}
export const attempts = (change: Partial<AttemptRecord>) => ({
  records: {
    attempts: clean.records.attempts.map((one) => (one.id === SECOND ? { ...one, ...change } : one)),
  },
});
export const contacts = (change: Partial<ContactRecord>) => ({
  records: {
    contacts: clean.records.contacts.map((one) => (one.id === AUTUMN_CONTACT ? { ...one, ...change } : one)),
  },
});
export const report = (change: object) => ({
  evidence: {
    reports: clean.evidence.reports.map((file) => ({ ...file, report: { ...file.report, ...change } })),
  },
});
export const freeze = (atReal: number, untilReal: number, process = 'worker-1'): FaultLine => ({
  kind: 'freeze',
  atReal,
  untilReal,
  process,
  step: null,
  of: null,
});
export const requests = (...more: Parameters<typeof dialLine>[]) => [
  ...clean.evidence.requests,
  ...more.map((line) => dialLine(...line)),
];
/** The clean run with one more call of the second campaign. */
export function withThirdCall(at: number, knew: string[] = [FIRST, SECOND]): Changes {
  const instants: Record<string, number> = { [FIRST]: START, [SECOND]: LATER };
  const third = callOf({
    contactId: AUTUMN_CONTACT,
    campaignId: AUTUMN,
    n: 2,
    at,
    knew: knew.map((attemptId) => ({ attemptId, at: instants[attemptId]! })),
  });
  return {
    evidence: { requests: requests([third.attempt.id, at + DIAL_AFTER_MS]) },
    records: {
      attempts: [...clean.records.attempts, third.attempt],
      decisions: [...clean.records.decisions, third.decision],
    },
  };
}
