import { toIso, type EpochMs } from '../../../domain/time.ts';
import { isTerminalContactState, type ContactState } from '../../../domain/vocabulary.ts';
import type { RunRecord } from '../evidence.ts';
import { judgeAgents } from './agents.ts';
import { grouped, type AttemptRecord, type Case, type ContactRecord } from './records.ts';
import type { Findings, Found, Subject } from './verdict.ts';

const OPEN = new Set(['claimed', 'sending', 'sent', 'unknown']);
/** Outcomes of an attempt that rang only at the carrier: they use up nothing of a contact's retry budget. */
const AT_THE_CARRIER = new Set(['congestion', 'carrier_error']);
/** A slot may be taken ahead by as long as a permit lasts (LEASE_MS, activities/calls/claim.ts). */
const SLOT_AHEAD_MS = 2_000;

/**
 * I10: once all is quiet, everybody is done with or waits with an instant, and nothing holds what it does not need. Whoever
 * moved between then and when the processes were ended, because an instant that they waited for came, is counted apart: they
 * are on their way, not stuck.
 */
export function judgeStuck({ evidence, records }: Case): Findings {
  const violations: Found[] = [];
  const residuals: Found[] = [];
  const add = (subject: Subject, aroundReal: number | null, what: string, expected: string) =>
    violations.push({ subject, aroundReal, what, expected });
  const status = new Map(records.campaigns.map((campaign) => [campaign.id, campaign.status]));
  const byContact = grouped(records.attempts, ({ contactId }) => contactId);
  for (const contact of records.contacts) {
    const subject = { contactId: contact.id, campaignId: contact.campaignId };
    const own = byContact.get(contact.id) ?? [];
    const moved = movedAfter(evidence.run, contact, own);
    for (const [what, expected] of faultsOfContact(contact, own, status.get(contact.campaignId))) {
      if (moved === null) add(subject, null, what, expected);
      else residuals.push({ subject, aroundReal: moved, what: `${what}, since ${toIso(moved)}`, expected });
    }
  }
  for (const attempt of records.attempts) {
    const subject = { attemptId: attempt.id, contactId: attempt.contactId };
    if (attempt.claimedReal > evidence.run.endedReal) continue;
    if (OPEN.has(attempt.state)) {
      const lease = `its lease is over since ${toIso(attempt.leaseUntilReal)}`;
      add(
        subject,
        attempt.claimedReal,
        `is still ${attempt.state}, ${lease}`,
        'an attempt that has come to its end',
      );
    } else if (!attempt.settled) {
      add(
        subject,
        attempt.claimedReal,
        `is ${attempt.state}, and nothing followed from it`,
        'its consequence drawn',
      );
    } else if (attempt.reportedReal === null) {
      add(subject, attempt.claimedReal, `is ${attempt.state}, and its workflow was not told`, 'told');
    }
  }
  const { pendingEvents, slots, advisoryLocks } = records.leftovers;
  for (const { attemptId, receivedReal } of pendingEvents) {
    add({ attemptId }, receivedReal, "an event of the carrier's was stored and never applied", 'applied');
  }
  for (const { ownerId, nextSlotReal } of slots) {
    if (nextSlotReal <= evidence.run.endedReal + SLOT_AHEAD_MS) continue;
    add(
      {},
      null,
      `send slots of ${ownerId} are taken until ${toIso(nextSlotReal)}`,
      'none ahead of all sends',
    );
  }
  if (advisoryLocks > 0) add({}, null, `${advisoryLocks} advisory locks are held`, 'none');
  if (!evidence.run.quiet) {
    add({}, evidence.run.endedReal, 'it did not become quiet within the time given', 'rest');
  }
  const agents = judgeAgents({ evidence, records });
  violations.push(...agents.violations);
  const looked =
    agents.looked +
    records.contacts.length +
    records.attempts.length +
    slots.length +
    pendingEvents.length +
    1;
  return { looked, violations, residuals, notLooked: [] };
}

/** When (real ms) a contact moved after all was quiet; null: it did not. */
function movedAfter(
  { clock, endedReal }: RunRecord,
  { updatedAt }: ContactRecord,
  attempts: readonly AttemptRecord[],
): EpochMs | null {
  const updatedReal = clock.realStart + (updatedAt - clock.from) / clock.speed;
  const last = Math.max(updatedReal, ...attempts.map(({ claimedReal }) => claimedReal));
  return last > endedReal ? last : null;
}

function faultsOfContact(
  contact: ContactRecord,
  attempts: readonly AttemptRecord[],
  campaignStatus: string | undefined,
): [what: string, expected: string][] {
  const faults: [string, string][] = [];
  const final = isTerminalContactState(contact.state as ContactState);
  if (contact.state === 'admitted') {
    faults.push(['is still admitted', 'a final state, or waiting with an instant']);
  }
  if (contact.state === 'waiting' && (contact.readyAt === null || !Number.isFinite(contact.readyAt))) {
    faults.push(['waits without an instant', 'the instant at which it is due']);
  }
  if (!final && (campaignStatus === 'completed' || campaignStatus === 'stopped')) {
    faults.push([`is ${contact.state} in a campaign that is ${campaignStatus}`, 'a final state']);
  }
  if (final && contact.workflowOpen) faults.push([`is ${contact.state}, and its workflow is open`, 'closed']);
  if (contact.wakePending) faults.push(['has a workflow that was not told of a change', 'told']);
  if (contact.attempts !== attempts.length) {
    faults.push([`counts ${contact.attempts} attempts`, `${attempts.length}, as many as it has`]);
  }
  const counted = attempts.filter(
    ({ state, outcome }) => state === 'ended' && !AT_THE_CARRIER.has(outcome ?? ''),
  );
  if (contact.countedAttempts !== counted.length) {
    faults.push([
      `has used up ${contact.countedAttempts} of its attempts`,
      `${counted.length}, as many as rang or may have rung`,
    ]);
  }
  return faults;
}
