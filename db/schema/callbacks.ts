import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';
import type { CallbackAsker, CallbackStatus, CallbackStep, ContactBefore } from '../../domain/callback.ts';

/** A promise to call a contact back (预约回拨) within a window; instants on the engine's clock. */
export const callbacks = pgTable(
  'callbacks',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    contactId: uuid('contact_id').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    personId: uuid('person_id').notNull(),
    /** The window: not before `from_at`, and before `until_at`. */
    fromAt: instant('from_at').notNull(),
    untilAt: instant('until_at').notNull(),
    status: text('status').$type<CallbackStatus>().notNull(),
    /** Reason code of a breach or a cancellation. */
    reason: text('reason'),
    /** What it is about, as a code of the customer's own; never free text, which could name the person. */
    topic: text('topic'),
    /** Who wanted it. */
    askedBy: text('asked_by').$type<CallbackAsker>().notNull().default('staff'),
    /** Who promised, or whom it was given to. */
    owner: text('owner').notNull(),
    /** The attempt that kept it. */
    attemptId: text('attempt_id'),
    /** Where the contact stood, so that it can go back there when the promise is over. */
    contactBefore: jsonb('contact_before').$type<ContactBefore>().notNull(),
    /** Moves, reminders and fallbacks, in order; it only grows. */
    steps: jsonb('steps').$type<readonly CallbackStep[]>().notNull().default([]),
    /** When it is looked at next; null: not before its window is over. */
    lookAt: instant('look_at'),
    /** When the rules were asked about its present window, and asked again when it fell due. */
    askedAt: instant('asked_at'),
    dueAskedAt: instant('due_asked_at'),
    /** Of its present window: when its owner was reminded, and when it was given to others. */
    remindedAt: instant('reminded_at'),
    fellBackAt: instant('fell_back_at'),
    revision: integer('revision').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** When it was kept, breached or cancelled. */
    settledAt: instant('settled_at'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('callbacks_promised')
      .on(t.tenantId, t.contactId)
      .where(sql`status = 'promised'`),
    index('callbacks_due')
      .on(t.tenantId, t.untilAt)
      .where(sql`status = 'promised'`),
    index('callbacks_look')
      .on(t.tenantId, t.lookAt)
      .where(sql`status = 'promised'`),
    index('callbacks_owner').on(t.tenantId, t.owner, t.fromAt, t.id),
    index('callbacks_from').on(t.tenantId, t.fromAt, t.id),
    index('callbacks_status').on(t.tenantId, t.status, t.fromAt, t.id),
    index('callbacks_campaign').on(t.tenantId, t.campaignId, t.fromAt, t.id),
    index('callbacks_contact').on(t.tenantId, t.contactId, t.fromAt, t.id),
  ],
);
