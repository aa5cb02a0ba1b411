import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';
import type { OrphanCause } from '../../domain/recovery.ts';

/**
 * Calls that a carrier had and that no attempt of ours accounted for: found by comparing its list with our rows, and
 * hung up. Never taken away again.
 */
export const orphanedCalls = pgTable(
  'orphaned_calls',
  {
    tenantId: tenantId(),
    carrierId: uuid('carrier_id').notNull(),
    /** The carrier's own reference of the call. */
    carrierRef: text('carrier_ref').notNull(),
    /** As the carrier has it; of the form of ours (domain/ids.ts). */
    attemptId: text('attempt_id').notNull(),
    cause: text('cause').$type<OrphanCause>().notNull(),
    foundAt: instant('found_at').notNull(),
    foundReal: instant('found_real').notNull(),
    /** How often the carrier was told to hang it up. */
    tries: integer('tries').notNull(),
    /** When the carrier took the word; null: it has not yet. */
    hungUpReal: instant('hung_up_real'),
    /** When the carrier's list had it no more, which is the proof. */
    goneReal: instant('gone_real'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.carrierId, t.carrierRef] }),
    index('orphaned_calls_found').on(t.tenantId, t.foundReal),
  ],
);
