import { and, asc, desc, eq, lt, sql, type SQL } from 'drizzle-orm';
import {
  nextLook,
  type CallbackStatus,
  type CallbackStep,
  type ContactBefore,
  type Window,
} from '../../domain/callback.ts';
import type { CampaignCallbacks } from '../../domain/campaign-callbacks.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { callbacks } from '../schema/index.ts';
import { rankOf } from './hopper.ts';

export type CallbackRow = typeof callbacks.$inferSelect;

/** Why a contact waits that was promised a call. */
export const PROMISED = 'callback.promised';

/** Of a promise just made, or just moved. */
const NOTHING_DONE = { askedAt: null, dueAskedAt: null, remindedAt: null, fellBackAt: null } as const;

export type NewCallback = Pick<
  CallbackRow,
  | 'id'
  | 'contactId'
  | 'campaignId'
  | 'personId'
  | 'fromAt'
  | 'untilAt'
  | 'topic'
  | 'owner'
  | 'askedBy'
  | 'askedAt'
  | 'contactBefore'
  | 'createdBy'
>;

/** @throws SQLSTATE 23505 where the contact has a promise already. */
export async function insertCallback(
  tx: Tx,
  input: NewCallback,
  settings: CampaignCallbacks,
  at: EpochMs,
): Promise<CallbackRow> {
  const begun = { ...input, ...NOTHING_DONE, askedAt: input.askedAt };
  const rows = await tx.orm
    .insert(callbacks)
    .values({
      tenantId: tx.tenantId,
      ...begun,
      lookAt: nextLook(begun, settings, at),
      status: 'promised',
      revision: 1,
      createdAt: at,
      updatedAt: at,
    })
    .returning();
  return rows[0]!;
}

export async function callbackById(tx: Tx, id: string): Promise<CallbackRow | null> {
  const rows = await tx.orm.select().from(callbacks).where(isCallback(tx, id));
  return rows[0] ?? null;
}

/** The same, and nobody else changes it before this transaction ends. The caller holds the person's row. */
export async function lockCallback(tx: Tx, id: string): Promise<CallbackRow | null> {
  const rows = await tx.orm.select().from(callbacks).where(isCallback(tx, id)).for('no key update');
  return rows[0] ?? null;
}

export async function promisedOf(tx: Tx, contactId: string): Promise<CallbackRow | null> {
  const rows = await tx.orm
    .select()
    .from(callbacks)
    .where(
      and(
        eq(callbacks.tenantId, tx.tenantId),
        eq(callbacks.contactId, contactId),
        eq(callbacks.status, 'promised'),
      ),
    );
  return rows[0] ?? null;
}

export interface CallbackQuery {
  readonly status: CallbackStatus | null;
  readonly campaignId: string | null;
  readonly contactId: string | null;
  readonly owner: string | null;
  /** Windows that begin before this instant. */
  readonly dueBefore: EpochMs | null;
  readonly descending: boolean;
  /** Where the page before ended. */
  readonly after: { readonly fromAt: EpochMs; readonly id: string } | null;
  readonly limit: number;
}

/** By the beginning of their windows. */
export async function listCallbacks(tx: Tx, query: CallbackQuery): Promise<CallbackRow[]> {
  const order = query.descending ? desc : asc;
  return tx.orm
    .select()
    .from(callbacks)
    .where(
      and(
        eq(callbacks.tenantId, tx.tenantId),
        query.status === null ? undefined : eq(callbacks.status, query.status),
        query.campaignId === null ? undefined : eq(callbacks.campaignId, query.campaignId),
        query.contactId === null ? undefined : eq(callbacks.contactId, query.contactId),
        query.owner === null ? undefined : eq(callbacks.owner, query.owner),
        query.dueBefore === null ? undefined : lt(callbacks.fromAt, query.dueBefore),
        beyond(query),
      ),
    )
    .orderBy(order(callbacks.fromAt), order(callbacks.id))
    .limit(query.limit);
}

function beyond({ after, descending }: CallbackQuery): SQL | undefined {
  if (after === null) return undefined;
  const at = toIso(after.fromAt);
  return descending
    ? sql`(${callbacks.fromAt}, ${callbacks.id}) < (${at}::timestamptz, ${after.id}::uuid)`
    : sql`(${callbacks.fromAt}, ${callbacks.id}) > (${at}::timestamptz, ${after.id}::uuid)`;
}

/**
 * Give a locked promise another window, owner or topic. With a window everything is yet to be done for it: the rules were
 * asked about it by whoever moves it.
 */
export async function changeCallback(
  tx: Tx,
  callback: CallbackRow,
  change: {
    readonly topic?: string | null;
    readonly owner?: string;
    readonly moved: { readonly window: Window; readonly by: string; readonly reason: string | null } | null;
  },
  settings: CampaignCallbacks,
  at: EpochMs,
): Promise<CallbackRow> {
  const { moved, topic = callback.topic, owner = callback.owner } = change;
  const isOthers = owner !== callback.owner;
  const next = {
    topic,
    owner,
    fromAt: moved?.window.fromAt ?? callback.fromAt,
    untilAt: moved?.window.untilAt ?? callback.untilAt,
    askedAt: moved === null ? callback.askedAt : at,
    dueAskedAt: moved === null ? callback.dueAskedAt : null,
    remindedAt: moved === null && !isOthers ? callback.remindedAt : null,
    fellBackAt: moved === null && !isOthers ? callback.fellBackAt : null,
  };
  const steps = moved === null ? callback.steps : [...callback.steps, stepOfMove(callback, moved, at)];
  const rows = await tx.orm
    .update(callbacks)
    .set({
      ...next,
      steps,
      lookAt: nextLook(next, settings, at),
      updatedAt: at,
      revision: callback.revision + 1,
    })
    .where(isCallback(tx, callback.id))
    .returning();
  return rows[0]!;
}

function stepOfMove(
  { fromAt, untilAt }: CallbackRow,
  { by, reason }: { readonly by: string; readonly reason: string | null },
  at: EpochMs,
): CallbackStep {
  return { kind: 'moved', at: toIso(at), by, reason, from: toIso(fromAt), until: toIso(untilAt) };
}

/** A promise comes to its end; one that is settled already stays as it is. */
export async function settlePromise(
  tx: Tx,
  id: string,
  end: {
    readonly status: Exclude<CallbackStatus, 'promised'>;
    readonly reason: string | null;
    readonly attemptId: string | null;
    readonly at: EpochMs;
  },
): Promise<CallbackRow | null> {
  const rows = await tx.orm
    .update(callbacks)
    .set({
      status: end.status,
      reason: end.reason,
      attemptId: end.attemptId,
      settledAt: end.at,
      updatedAt: end.at,
      revision: sql`${callbacks.revision} + 1`,
    })
    .where(and(isCallback(tx, id), eq(callbacks.status, 'promised')))
    .returning();
  return rows[0] ?? null;
}

/** Note where the contact would stand now but for its promise, so that it goes there once the promise is over. */
export async function rememberContact(tx: Tx, id: string, before: ContactBefore): Promise<void> {
  await tx.orm.update(callbacks).set({ contactBefore: before }).where(isCallback(tx, id));
}

/** Put a contact that waits, or is done with, into the hopper for its promised window, before all others. */
export async function awaitPromise(
  tx: Tx,
  contact: { readonly id: string; readonly priority: number },
  fromAt: EpochMs,
  at: EpochMs,
): Promise<void> {
  await tx.query(
    `UPDATE contacts SET state = 'waiting', state_reason = $3, ready_at = $4, rank = $5, updated_at = $6
     WHERE tenant_id = $1 AND id = $2 AND state <> 'admitted'`,
    [tx.tenantId, contact.id, PROMISED, toIso(fromAt), rankOf('callback', contact.priority), toIso(at)],
  );
}

/**
 * Let a contact that waits go from a promise that is over: back to the end it had come to before, or among the others
 * that wait. One that is on a call, or has ended, is left to itself.
 * @param reason why it waits from now on, where it does and was not looked at since
 */
export async function leavePromise(
  tx: Tx,
  callback: CallbackRow,
  reason: string | null,
  at: EpochMs,
): Promise<void> {
  const { state, reason: reasonBefore, readyAt } = callback.contactBefore;
  if (state !== 'waiting' && state !== 'admitted') {
    await tx.query(
      `UPDATE contacts SET state = $3, state_reason = $4, wake_pending = workflow_open, updated_at = $5
       WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'`,
      [tx.tenantId, callback.contactId, state, reasonBefore, toIso(at)],
    );
    return;
  }
  await tx.query(
    `UPDATE contacts SET rank = CASE WHEN attempts > 0 THEN $3::int ELSE $4::int END - priority,
            ready_at = CASE WHEN state_reason = $5 THEN coalesce($6::timestamptz, $7::timestamptz) ELSE ready_at END,
            state_reason = CASE WHEN state_reason = $5 THEN coalesce($8::text, $9::text) ELSE state_reason END, updated_at = $7::timestamptz
     WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'`,
    [
      tx.tenantId,
      callback.contactId,
      rankOf('retry', 0),
      rankOf('fresh', 0),
      PROMISED,
      readyAt === null ? null : toIso(readyAt),
      toIso(at),
      reasonBefore,
      reason,
    ],
  );
}

function isCallback(tx: Tx, id: string) {
  return and(eq(callbacks.tenantId, tx.tenantId), eq(callbacks.id, id));
}
