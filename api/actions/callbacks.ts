import { v7 as uuidv7 } from 'uuid';
import type { Database, Tx } from '../../db/client.ts';
import { lockPerson } from '../../db/locks.ts';
import { notifyWork } from '../../db/notify.ts';
import {
  awaitPromise,
  callbackById,
  changeCallback,
  insertCallback,
  leavePromise,
  lockCallback,
  promisedOf,
  settlePromise,
  type CallbackRow,
} from '../../db/repositories/callbacks.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { contactById, isStoppedForGood, type ContactRow } from '../../db/repositories/contacts.ts';
import { effectOfPromise } from '../../domain/callback.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, conflict, invalidInput, notFound, type Fault } from '../../domain/failures.ts';
import { DAY_MS, MINUTE_MS, toIso, type EpochMs } from '../../domain/time.ts';
import { horizonMsOn } from '../../gate/decide.ts';
import { readDossier } from '../../gate/dossier.ts';
import type { PolicyReader } from '../../gate/policy-source.ts';
import { evaluate } from '../../policies/index.ts';
import { requireRevision } from '../revisions.ts';

export interface PromiseDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly policies: PolicyReader;
}

interface Said extends Author {
  readonly tenantId: string;
}

export interface Window {
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
}

/** What the policies say today of the beginning of a promised window; the gate decides anew when it comes. */
export interface PromiseWarning {
  readonly verdict: 'defer' | 'deny';
  /** When a call would be allowed, as far as is known; null: not foreseeable. */
  readonly allowedFrom: EpochMs | null;
  readonly reasons: readonly string[];
}

export interface Promised {
  readonly callback: CallbackRow;
  /** Null: the window's beginning is allowed, as things stand. */
  readonly warning: PromiseWarning | null;
}

/** A window that a machine can keep: the pacer looks at due contacts every few seconds. */
const WINDOW_MIN_MS = MINUTE_MS;
/** As far ahead as the policies are searched (policies/intervals.ts), a month off. */
const AHEAD_MAX_MS = 366 * DAY_MS;

/** What is wrong with a promised window, at `now`; field by field. */
export function windowFaults(window: Window, now: EpochMs, campaignEndsAt: EpochMs | null): Fault[] {
  const faults: Fault[] = [];
  if (window.fromAt < now) {
    faults.push({ field: 'from', fault: 'lies in the past', expected: `an instant from ${toIso(now)} on` });
  }
  if (window.fromAt > now + AHEAD_MAX_MS) {
    faults.push({ field: 'from', fault: 'is too far ahead', expected: 'an instant within 366 days' });
  }
  if (campaignEndsAt !== null && window.fromAt >= campaignEndsAt) {
    const expected = `an instant before ${toIso(campaignEndsAt)}, or a later end of the campaign`;
    faults.push({ field: 'from', fault: 'lies after the end of the campaign', expected });
  }
  if (window.untilAt < window.fromAt + WINDOW_MIN_MS) {
    faults.push({
      field: 'until',
      fault: 'is not after `from`',
      expected: 'an instant a minute later, or more',
    });
  }
  if (window.untilAt > window.fromAt + AHEAD_MAX_MS) {
    faults.push({
      field: 'until',
      fault: 'is too far from `from`',
      expected: 'a window of 366 days at most',
    });
  }
  return faults;
}

/**
 * Promise a contact a call within a window: it waits for the window, before all others. One that was done with, and said
 * no final no, comes back for it.
 * @throws RightcallError `not_found`; `conflict` where one is promised already or the campaign is over; `refused` where
 * the contact ended in a way that no promise undoes; `invalid_input` naming what is wrong with the window.
 */
export async function promiseCallback(
  deps: PromiseDeps,
  said: Said,
  promise: Window & {
    readonly contactId: string;
    readonly topic: string | null;
    readonly owner: string | null;
  },
): Promise<Promised> {
  return deps.db.inTenant(said.tenantId, (tx) => promiseWithin(tx, deps, said, promise));
}

/** The same within a transaction. @throws as `promiseCallback` */
export async function promiseWithin(
  tx: Tx,
  deps: PromiseDeps,
  said: Said,
  promise: Window & {
    readonly contactId: string;
    readonly topic: string | null;
    readonly owner: string | null;
  },
): Promise<Promised> {
  const contact = await lockContact(tx, promise.contactId);
  const at = deps.clock.now();
  await requireOpenWindow(tx, contact, promise, at);
  const effect = effectOfPromise(contact.state);
  if (effect === 'refused') {
    throw new RightcallError('refused', `the contact is ${contact.state}, and no promise undoes that`);
  }
  if (effect === 'reopens' && (await isStoppedForGood(tx, contact.id))) {
    throw new RightcallError('refused', 'the contact was stopped for good, and no promise undoes that');
  }
  if ((await promisedOf(tx, contact.id)) !== null) {
    throw conflict('the contact is promised a call already; change that promise, or cancel it');
  }
  const callback = await insertCallback(
    tx,
    {
      id: uuidv7(),
      contactId: contact.id,
      campaignId: contact.campaignId,
      personId: contact.personId,
      fromAt: promise.fromAt,
      untilAt: promise.untilAt,
      topic: promise.topic,
      owner: promise.owner ?? said.by,
      contactBefore: { state: contact.state, reason: contact.stateReason, readyAt: contact.readyAt },
      createdBy: said.by,
    },
    at,
  );
  await awaitPromise(tx, contact, promise.fromAt, at);
  await record(tx, said, 'promiseCallback', null, callback, at);
  await notifyWork(tx);
  return { callback, warning: await warningOf(tx, deps, callback) };
}

/** Give a promise another window, topic or owner. @throws as `promiseCallback`; `precondition_failed` */
export async function rescheduleCallback(
  deps: PromiseDeps,
  said: Said,
  change: {
    readonly id: string;
    readonly ifRevision: number;
    readonly patch: Partial<Window> & { readonly topic?: string | null; readonly owner?: string };
  },
): Promise<Promised> {
  return deps.db.inTenant(said.tenantId, (tx) => rescheduleWithin(tx, deps, said, change));
}

/** The same within a transaction. @throws as `rescheduleCallback` */
export async function rescheduleWithin(
  tx: Tx,
  deps: PromiseDeps,
  said: Said,
  change: {
    readonly id: string;
    readonly ifRevision: number;
    readonly patch: Partial<Window> & { readonly topic?: string | null; readonly owner?: string };
  },
): Promise<Promised> {
  const { callback, contact } = await lockBoth(tx, change.id);
  requireRevision('the callback', callback.revision, change.ifRevision);
  if (callback.status !== 'promised') throw conflict(`the callback is ${callback.status} and stays so`);
  const at = deps.clock.now();
  const { fromAt = callback.fromAt, untilAt = callback.untilAt } = change.patch;
  const isMoved = fromAt !== callback.fromAt || untilAt !== callback.untilAt;
  // The beginning of a window that runs already may stay where it is.
  const begins = fromAt === callback.fromAt ? Math.max(fromAt, at) : fromAt;
  if (isMoved) await requireOpenWindow(tx, contact, { fromAt: begins, untilAt }, at);
  const changed = await changeCallback(tx, callback, change.patch, at);
  if (isMoved && contact.state === 'waiting') await awaitPromise(tx, contact, fromAt, at);
  await record(tx, said, 'changeCallback', callback, changed, at);
  await notifyWork(tx);
  return { callback: changed, warning: await warningOf(tx, deps, changed) };
}

/**
 * Take a promise back: the contact goes back to where it stood. Cancelling it again changes nothing.
 * @throws RightcallError `not_found`; `conflict` where it was kept or breached
 */
export async function cancelCallback(
  deps: Omit<PromiseDeps, 'policies'>,
  said: Said,
  cancel: { readonly id: string; readonly reason: string | null },
): Promise<CallbackRow> {
  return deps.db.inTenant(said.tenantId, async (tx) => {
    const { callback } = await lockBoth(tx, cancel.id);
    if (callback.status === 'cancelled') return callback;
    if (callback.status !== 'promised') throw conflict(`the callback is ${callback.status} and stays so`);
    const at = deps.clock.now();
    const settled = await settlePromise(tx, callback.id, {
      status: 'cancelled',
      reason: 'callback.cancelled',
      attemptId: null,
      at,
    });
    await leavePromise(tx, callback, null, at);
    await record(tx, said, 'cancelCallback', callback, settled, at, cancel.reason);
    await notifyWork(tx);
    return settled!;
  });
}

/** The contact, with its person's row held, as everyone does who changes what is dialled (db/locks.ts). */
async function lockContact(tx: Tx, contactId: string): Promise<ContactRow> {
  const found = await contactById(tx, contactId);
  if (found === null) throw notFound('the contact');
  await lockPerson(tx, found.personId);
  return (await contactById(tx, contactId))!;
}

async function lockBoth(tx: Tx, id: string): Promise<{ callback: CallbackRow; contact: ContactRow }> {
  const found = await callbackById(tx, id);
  if (found === null) throw notFound('the callback');
  const contact = await lockContact(tx, found.contactId);
  return { callback: (await lockCallback(tx, id))!, contact };
}

async function requireOpenWindow(tx: Tx, contact: ContactRow, window: Window, at: EpochMs): Promise<void> {
  const campaign = await campaignById(tx, contact.campaignId);
  if (campaign === null || campaign.status === 'stopped' || campaign.status === 'completed') {
    throw conflict(`the campaign is ${campaign?.status ?? 'gone'}; nobody is called for it any more`);
  }
  const { endAt } = campaign.definition.schedule;
  const faults = windowFaults(window, at, endAt === null ? null : Date.parse(endAt));
  if (faults.length > 0) throw invalidInput(faults);
}

/** Whether a call at the window's beginning would be allowed, by the rules and facts of now; stores nothing. */
async function warningOf(tx: Tx, deps: PromiseDeps, callback: CallbackRow): Promise<PromiseWarning | null> {
  const dossier = await readDossier(tx, callback.contactId, callback.fromAt);
  if (dossier === null) return { verdict: 'deny', allowedFrom: null, reasons: ['number.missing'] };
  const policySet = await deps.policies.forCampaign(tx, dossier.policySetHash, dossier.campaign);
  const at = Math.max(callback.fromAt, deps.clock.now());
  const horizonMs = horizonMsOn(deps.clock);
  const { verdict, reasons } = evaluate({ policySet, facts: dossier.facts, at, horizonMs });
  if (verdict.kind === 'allow') return null;
  const allowedFrom = verdict.kind === 'defer' ? verdict.until : null;
  return { verdict: verdict.kind, allowedFrom, reasons };
}

async function record(
  tx: Tx,
  { by, requestId }: Said,
  action: string,
  before: CallbackRow | null,
  after: CallbackRow | null,
  at: EpochMs,
  reason: string | null = null,
): Promise<void> {
  await recordChange(tx, {
    by,
    requestId,
    action,
    resource: 'callback',
    resourceId: (after ?? before)!.id,
    before: forRecord(before),
    after: forRecord(after),
    reason,
    at,
  });
}

function forRecord(row: CallbackRow | null): Record<string, unknown> | null {
  if (row === null) return null;
  const { contactId, status, reason, topic, owner, revision } = row;
  return {
    contactId,
    status,
    reason,
    topic,
    owner,
    revision,
    from: toIso(row.fromAt),
    until: toIso(row.untilAt),
  };
}
