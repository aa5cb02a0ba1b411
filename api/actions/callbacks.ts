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
import { campaignById, type CampaignRow } from '../../db/repositories/campaigns.ts';
import { recordChange, type Author } from '../../db/repositories/changes.ts';
import { contactById, isStoppedForGood, type ContactRow } from '../../db/repositories/contacts.ts';
import { effectOfPromise, type CallbackAsker } from '../../domain/callback.ts';
import { callbacksOf } from '../../domain/campaign-callbacks.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError, conflict, notFound } from '../../domain/failures.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { readDossier } from '../../gate/dossier.ts';
import type { PolicyReader } from '../../gate/policy-source.ts';
import { requireRevision } from '../revisions.ts';
import { beginningOf, requireLegal, requireSound, type PromiseWarning } from './callback-law.ts';
import { requireOwner } from './callback-owner.ts';
import { isOnClock, wholeWindow, windowSaid, type SaidWindow } from './callback-window.ts';

export interface PromiseDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly policies: PolicyReader;
}

interface Said extends Author {
  readonly tenantId: string;
}

export interface Promised {
  readonly callback: CallbackRow;
  /** Null: the window's beginning is allowed, as things stand. */
  readonly warning: PromiseWarning | null;
}

/** A promise as it is asked for. */
export interface PromiseInput {
  readonly contactId: string;
  readonly window: SaidWindow;
  readonly topic: string | null;
  /** Null: whoever says it. */
  readonly owner: string | null;
  readonly askedBy: CallbackAsker;
}

/** What of a promise is to be changed. */
export interface PromiseChange {
  readonly id: string;
  readonly ifRevision: number;
  readonly window: SaidWindow;
  readonly patch: { readonly topic?: string | null; readonly owner?: string };
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
  promise: PromiseInput,
): Promise<Promised> {
  return deps.db.inTenant(said.tenantId, (tx) => promiseWithin(tx, deps, said, promise));
}

/** The same within a transaction. @throws as `promiseCallback` */
export async function promiseWithin(
  tx: Tx,
  deps: PromiseDeps,
  said: Said,
  promise: PromiseInput,
): Promise<Promised> {
  const contact = await lockContact(tx, promise.contactId);
  const at = deps.clock.now();
  const { definition } = await requireOpenCampaign(tx, contact);
  const callbacks = callbacksOf(definition);
  const window = wholeWindow(
    promise.window,
    await zonesOf(tx, contact.id, promise.window, at),
    callbacks.exactMinutes,
  );
  const beginning = beginningOf(promise.window, definition);
  await requireSound(tx, deps, contact.id, window, beginning);
  const owner = promise.owner ?? said.by;
  await requireOwner(tx, owner, definition);
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
  const warning = await requireLegal(tx, deps, contact.id, window, beginning);
  const callback = await insertCallback(
    tx,
    {
      id: uuidv7(),
      contactId: contact.id,
      campaignId: contact.campaignId,
      personId: contact.personId,
      ...window,
      topic: promise.topic,
      askedBy: promise.askedBy,
      owner,
      askedAt: at,
      contactBefore: { state: contact.state, reason: contact.stateReason, readyAt: contact.readyAt },
      createdBy: said.by,
    },
    callbacks,
    at,
  );
  await awaitPromise(tx, contact, window.fromAt, at);
  await record(tx, said, 'promiseCallback', null, callback, at);
  await notifyWork(tx);
  return { callback, warning };
}

/** Give a promise another window, topic or owner. @throws as `promiseCallback`; `precondition_failed` */
export async function rescheduleCallback(
  deps: PromiseDeps,
  said: Said,
  change: PromiseChange,
): Promise<Promised> {
  return deps.db.inTenant(said.tenantId, (tx) => rescheduleWithin(tx, deps, said, change));
}

/** The same within a transaction. @throws as `rescheduleCallback` */
export async function rescheduleWithin(
  tx: Tx,
  deps: PromiseDeps,
  said: Said,
  change: PromiseChange,
): Promise<Promised> {
  const { callback, contact } = await lockBoth(tx, change.id);
  requireRevision('the callback', callback.revision, change.ifRevision);
  if (callback.status !== 'promised') throw conflict(`the callback is ${callback.status} and stays so`);
  const at = deps.clock.now();
  if (callback.untilAt <= at) {
    throw conflict('the window of the callback is over; it is about to be told as kept or breached');
  }
  const { definition } = await requireOpenCampaign(tx, contact);
  const callbacks = callbacksOf(definition);
  const named = windowSaid(
    change.window,
    await zonesOf(tx, contact.id, change.window, at),
    callbacks.exactMinutes,
  );
  const window = { fromAt: named.fromAt ?? callback.fromAt, untilAt: named.untilAt ?? callback.untilAt };
  const isMoved = window.fromAt !== callback.fromAt || window.untilAt !== callback.untilAt;
  if (change.patch.owner !== undefined) await requireOwner(tx, change.patch.owner, definition);
  let warning: PromiseWarning | null = null;
  if (isMoved) {
    // The beginning of a window that runs already may stay where it is.
    const begins = window.fromAt === callback.fromAt ? Math.max(window.fromAt, at) : window.fromAt;
    const beginning = beginningOf(change.window, definition);
    await requireSound(tx, deps, contact.id, { ...window, fromAt: begins }, beginning);
    warning = await requireLegal(tx, deps, contact.id, window, beginning);
  }
  const moved = isMoved ? { window, by: said.by, reason: null } : null;
  const changed = await changeCallback(tx, callback, { ...change.patch, moved }, callbacks, at);
  if (isMoved && contact.state === 'waiting') await awaitPromise(tx, contact, window.fromAt, at);
  await record(tx, said, 'changeCallback', callback, changed, at);
  await notifyWork(tx);
  return { callback: changed, warning };
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

async function requireOpenCampaign(tx: Tx, contact: ContactRow): Promise<CampaignRow> {
  const campaign = await campaignById(tx, contact.campaignId);
  if (campaign === null || campaign.status === 'stopped' || campaign.status === 'completed') {
    throw conflict(`the campaign is ${campaign?.status ?? 'gone'}; nobody is called for it any more`);
  }
  return campaign;
}

/** Zones in which the person may be, where times are named without one. */
async function zonesOf(tx: Tx, contactId: string, said: SaidWindow, at: EpochMs): Promise<string[]> {
  if (!isOnClock(said)) return [];
  const dossier = await readDossier(tx, contactId, at);
  const zones = (dossier?.facts.locations ?? []).map(({ zone }) => zone);
  return [...new Set(zones.filter((zone) => zone !== null))].sort();
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
  const { contactId, status, reason, topic, owner, askedBy, revision } = row;
  return {
    contactId,
    status,
    reason,
    topic,
    owner,
    askedBy,
    revision,
    from: toIso(row.fromAt),
    until: toIso(row.untilAt),
  };
}
