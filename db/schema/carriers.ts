import { sql } from 'drizzle-orm';
import {
  bigserial,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, tenantId } from './columns.ts';
import type { CallEventPayload } from '../../domain/carrier.ts';

/** A line to dial through (线路). */
export const carriers = pgTable(
  'carriers',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    /** Adapter, such as `simulator` (carriers/registry.ts). */
    kind: text('kind').notNull(),
    /** Whose rules bind the line (`alibaba`, `tencent`, …); null: the kind says it. */
    vendor: text('vendor'),
    config: jsonb('config').$type<{ baseUrl: string }>().notNull(),
    /** Webhook secret, sealed under the tenant's key. */
    sealedWebhookSecret: bytea('sealed_webhook_secret').notNull(),
    /** Calls per second (real) that the engine will not exceed. */
    callsPerSecond: real('calls_per_second').notNull(),
    maxConcurrentCalls: integer('max_concurrent_calls').notNull(),
    pausedReal: instant('paused_real'),
    pauseReason: text('pause_reason'),
    pausedBy: text('paused_by'),
    revision: integer('revision').notNull().default(1),
    createdReal: instant('created_real').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] }), uniqueIndex('carriers_name').on(t.tenantId, t.name)],
);

/**
 * Send slots: the next one that is free (real) on a carrier's line, or within a campaign's own limit; and whether the
 * line rests. One hot row an owner, apart from its settings.
 */
export const sendPace = pgTable(
  'send_pace',
  {
    tenantId: tenantId(),
    /** Carrier or campaign. */
    ownerId: uuid('owner_id').notNull(),
    nextSlotReal: instant('next_slot_real').notNull(),
    /** Requests in a row that the carrier did not take, or whose answer was lost. */
    failuresInRow: integer('failures_in_row').notNull().default(0),
    /** Nothing is asked of the carrier before this (real); null: it does not rest. */
    restsUntilReal: instant('rests_until_real'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.ownerId] })],
);

/** The carrier's events as they came, stored before anything is made of them; the carrier's id deduplicates. */
export const callEvents = pgTable(
  'call_events',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    carrierId: uuid('carrier_id').notNull(),
    eventId: text('event_id').notNull(),
    attemptId: text('attempt_id').notNull(),
    type: text('type').notNull(),
    at: instant('at').notNull(),
    payload: jsonb('payload').$type<CallEventPayload>().notNull(),
    receivedReal: instant('received_real').notNull(),
    processedReal: instant('processed_real'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('call_events_once').on(t.tenantId, t.carrierId, t.eventId),
    index('call_events_attempt').on(t.tenantId, t.attemptId),
    index('call_events_pending')
      .on(t.tenantId, t.id)
      .where(sql`processed_real IS NULL`),
  ],
);
