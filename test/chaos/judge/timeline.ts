import { toIso, type EpochMs } from '../../../domain/time.ts';
import { byId, type Case } from './records.ts';
import type { Found } from './verdict.ts';

/** Lines shown of one violation: those nearest to it. */
const LINES_SHOWN = 30;
/** Faults this long (real ms) before and after a violation may bear on it: longer than any lease or time-out of a send. */
const FAULTS_AROUND_MS = 5_000;

interface Entry {
  readonly atReal: EpochMs;
  readonly text: string;
}

/**
 * What is on record of a violation's attempt, contact, person or stop, in the order of real time, with the faults around
 * it. Ids and codes only: numbers of the carrier's log are left out.
 */
export function timelineOf(found: Found, { evidence, records }: Case): string[] {
  const { subject } = found;
  const contacts = byId(records.contacts);
  const personId =
    subject.personId ??
    (subject.contactId === undefined ? undefined : contacts.get(subject.contactId)?.personId);
  const contactOfAttempt = subject.attemptId?.split('/')[0];
  const contactId = subject.contactId ?? contactOfAttempt;
  const attempts = records.attempts.filter(
    (attempt) =>
      attempt.id === subject.attemptId ||
      (subject.personId !== undefined ? attempt.personId === personId : attempt.contactId === contactId),
  );
  const ids = new Set([...attempts.map(({ id }) => id), ...(subject.attemptId ? [subject.attemptId] : [])]);
  const carriers = new Set(attempts.map(({ carrierId }) => carrierId));
  const campaigns = new Set([...attempts.map(({ campaignId }) => campaignId), subject.campaignId]);
  const bears = (scope: string, targetId: string | null) =>
    scope === 'tenant' ||
    scope === 'all' ||
    targetId === contactId ||
    targetId === personId ||
    campaigns.has(targetId ?? '') ||
    carriers.has(targetId ?? '');

  const entries: Entry[] = [];
  const add = (atReal: EpochMs | null, text: string) => {
    if (atReal !== null && Number.isFinite(atReal)) entries.push({ atReal, text });
  };
  for (const attempt of attempts) {
    const of = `attempt ${attempt.id}`;
    add(attempt.claimedReal, `database: ${of} claimed by decision ${attempt.decisionId}`);
    add(attempt.sendingReal, `database: ${of} set to sending`);
    add(attempt.hangupRequestedReal, `database: ${of} marked to be hung up`);
    add(attempt.hangupDoneReal, `database: ${of} hung up`);
    add(attempt.reportedReal, `database: ${of} told, as ${attempt.state}${reasonOf(attempt)}`);
  }
  for (const decision of records.decisions) {
    if (decision.contactId !== contactId && decision.personId !== subject.personId) continue;
    add(decision.recordedReal, `database: decision ${decision.id} (${decision.stage}): ${decision.verdict}`);
  }
  for (const stop of records.stops) {
    if (stop.id !== subject.stopId && !bears(stop.scope, stop.targetId)) continue;
    add(
      stop.committedReal,
      `database: ${stop.kind} of ${stop.scope} ${stop.targetId ?? ''} binds (${stop.id})`,
    );
    add(stop.acknowledgedReal, `database: ${stop.kind} ${stop.id} acknowledged`);
  }
  for (const line of evidence.requests) {
    if (line.attemptId === null || !ids.has(line.attemptId)) continue;
    add(Date.parse(line.at), `carrier: ${line.kind} ${line.attemptId}: ${line.result} (${line.status})`);
  }
  for (const ack of evidence.acks) {
    if (ack.stopId !== subject.stopId && !bears(ack.scope, ack.targetId)) continue;
    const what = `${ack.operation} of ${ack.scope} ${ack.targetId ?? ''}`;
    add(ack.sentReal, `client: ${what} sent`);
    add(ack.receivedReal, `client: ${what} answered ${ack.status} (${ack.stopId ?? 'no stop'})`);
  }
  for (const fault of evidence.faults) {
    if (found.aroundReal === null || fault.atReal > found.aroundReal + FAULTS_AROUND_MS) continue;
    if (fault.untilReal !== null && fault.untilReal < found.aroundReal - FAULTS_AROUND_MS) continue;
    const step = 'step' in fault && fault.step !== null ? ` at ${fault.step}` : '';
    add(fault.atReal, `fault: ${fault.kind} of ${fault.process}${step}`);
    if (fault.untilReal !== fault.atReal)
      add(fault.untilReal, `fault: ${fault.kind} of ${fault.process} ends`);
  }
  return shown(entries, found.aroundReal);
}

function reasonOf({ outcome, reason }: Case['records']['attempts'][number]): string {
  const why = outcome ?? reason;
  return why === null ? '' : ` (${why})`;
}

function shown(entries: readonly Entry[], aroundReal: EpochMs | null): string[] {
  const around = aroundReal ?? entries.reduce((last, { atReal }) => Math.max(last, atReal), 0);
  const nearest = entries
    .toSorted((a, b) => Math.abs(a.atReal - around) - Math.abs(b.atReal - around))
    .slice(0, LINES_SHOWN);
  const left = entries.length - nearest.length;
  return [
    ...nearest.toSorted((a, b) => a.atReal - b.atReal).map(({ atReal, text }) => `${toIso(atReal)} ${text}`),
    ...(left > 0 ? [`(${left} more, further from it)`] : []),
  ];
}
