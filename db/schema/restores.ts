import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CallEndPayload } from '../../domain/carrier.ts';
import type { ReconcileCounts, ReconcileState } from '../../domain/restore.ts';
import { bytea, instant, tenantId } from './columns.ts';

/** A database that was taken back to an earlier state; while its row is open, the tenant dials nothing. */
export const restores = pgTable(
  'restores',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    /** Calls taken at or after this instant (engine clock) may be unknown here. */
    sinceAt: instant('since_at').notNull(),
    beganAt: instant('began_at').notNull(),
    beganReal: instant('began_real').notNull(),
    beganBy: text('began_by').notNull(),
    /** Somebody had stopped the tenant's dialling before; so it stays when the restore is finished. */
    wasStopped: boolean('was_stopped').notNull(),
    /** Decisions sealed in the restored database. */
    sealedSize: bigint('sealed_size', { mode: 'number' }).notNull(),
    /** Of the largest checkpoint in the second place; null: none was looked at. */
    copiedSize: bigint('copied_size', { mode: 'number' }),
    finishedReal: instant('finished_real'),
    finishedBy: text('finished_by'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('restores_open')
      .on(t.tenantId)
      .where(sql`finished_real IS NULL`),
  ],
);

/** What a carrier told of the time that was lost; its latest answer. */
export const restoreCarriers = pgTable(
  'restore_carriers',
  {
    tenantId: tenantId(),
    restoreId: uuid('restore_id').notNull(),
    carrierId: uuid('carrier_id').notNull(),
    state: text('state').$type<ReconcileState>().notNull(),
    askedReal: instant('asked_real').notNull(),
    counts: jsonb('counts').$type<ReconcileCounts>().notNull(),
    /** Why it could not be reconciled, or why somebody did without. */
    reason: text('reason'),
    /** Who did without. */
    decidedBy: text('decided_by'),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.restoreId, t.carrierId] })],
);

/** A call that a carrier took for a contact that the restored database does not have. */
export const restoredCalls = pgTable(
  'restored_calls',
  {
    tenantId: tenantId(),
    carrierId: uuid('carrier_id').notNull(),
    attemptId: text('attempt_id').notNull(),
    restoreId: uuid('restore_id').notNull(),
    carrierRef: text('carrier_ref').notNull(),
    /** Null: the carrier did not say which number it rang. */
    numberHash: bytea('number_hash'),
    acceptedAt: instant('accepted_at').notNull(),
    /** Null: it was live when it was found. */
    ended: jsonb('ended').$type<CallEndPayload>(),
    hungUp: boolean('hung_up').notNull(),
    /** Whose attempts it counts among, once the number belongs to somebody again. */
    personId: uuid('person_id'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.carrierId, t.attemptId] }),
    index('restored_calls_waiting')
      .on(t.tenantId, t.numberHash)
      .where(sql`person_id IS NULL`),
  ],
);
