import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, instant, tenantId } from './columns.ts';
import type { DeliveryFault, DeliveryState, EndpointOrder } from '../../domain/outgoing.ts';

/** A customer's system that is told of events (docs/events.md). */
export const endpoints = pgTable(
  'endpoints',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    url: text('url').notNull(),
    description: text('description').notNull(),
    /** Types of domain/outgoing.ts without their prefix, or `*` alone. */
    events: text('events').array().notNull(),
    orderBy: text('order_by').$type<EndpointOrder>().notNull(),
    enabled: boolean('enabled').notNull(),
    /** A code: `by request`, `gone`; null while enabled. */
    disabledReason: text('disabled_reason'),
    /** Sealed for the tenant. The one before signs too until its end (real), so that receivers can change over. */
    sealedSecret: bytea('sealed_secret').notNull(),
    previousSecret: bytea('previous_secret'),
    previousUntilReal: instant('previous_until_real'),
    revision: integer('revision').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** The row stays, so that deliveries refer to something; it is found by nobody. */
    removedAt: instant('removed_at'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
);

/** Who delivers to an endpoint at the moment, and how that goes. Apart from its settings: written all the time. */
export const endpointDrains = pgTable(
  'endpoint_drains',
  {
    tenantId: tenantId(),
    endpointId: uuid('endpoint_id').notNull(),
    /** One drain at a time keeps the order; a dead one's hold runs out. */
    holder: uuid('holder'),
    heldUntilReal: instant('held_until_real'),
    failuresInRow: integer('failures_in_row').notNull().default(0),
    /** Nothing is sent before: the endpoint asked for it, or failed many times in a row. */
    notBeforeReal: instant('not_before_real'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.endpointId] })],
);

/** The outbox: written by triggers in the transaction of the fact. Ids, codes and instants; never a number or a name. */
export const outgoingEvents = pgTable(
  'outgoing_events',
  {
    tenantId: tenantId(),
    seq: bigserial('seq', { mode: 'number' }).notNull(),
    id: uuid('id').notNull().defaultRandom(),
    type: text('type').notNull(),
    subject: text('subject').notNull(),
    orderKey: text('order_key').notNull(),
    /** Engine clock; null where the fact keeps no instant of its own: then it is when it was recorded. */
    at: instant('at'),
    recordedReal: instant('recorded_real').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.seq] }),
    index('outgoing_events_recorded').on(t.tenantId, t.recordedReal),
  ],
);

/** One event to one endpoint. */
export const deliveries = pgTable(
  'deliveries',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    endpointId: uuid('endpoint_id').notNull(),
    eventSeq: bigint('event_seq', { mode: 'number' }).notNull(),
    type: text('type').notNull(),
    orderKey: text('order_key').notNull(),
    state: text('state').$type<DeliveryState>().notNull().default('pending'),
    attempts: integer('attempts').notNull().default(0),
    createdReal: instant('created_real').notNull(),
    dueReal: instant('due_real').notNull(),
    lastReal: instant('last_real'),
    /** HTTP status of the latest answer. */
    lastStatus: integer('last_status'),
    lastFault: text('last_fault').$type<DeliveryFault>(),
    replayed: boolean('replayed').notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('deliveries_due')
      .on(t.tenantId, t.endpointId, t.dueReal, t.id)
      .where(sql`state = 'pending'`),
    index('deliveries_order')
      .on(t.tenantId, t.endpointId, t.orderKey, t.id)
      .where(sql`state = 'pending'`),
    index('deliveries_endpoint').on(t.tenantId, t.endpointId, t.id),
    index('deliveries_state').on(t.tenantId, t.endpointId, t.state, t.id),
    index('deliveries_event').on(t.tenantId, t.eventSeq),
  ],
);
