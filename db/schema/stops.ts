import { index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/**
 * Every withdrawal, suppression, pause, stop and kill with the instants (real) at which it was asked for, became
 * binding (committed) and was acknowledged: nothing in its scope is sent after the last (I3).
 */
export const stopRequests = pgTable(
  'stop_requests',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    kind: text('kind').$type<'withdrawal' | 'suppression' | 'pause' | 'stop' | 'kill'>().notNull(),
    scope: text('scope')
      .$type<'person' | 'number' | 'contact' | 'campaign' | 'carrier' | 'tenant' | 'all'>()
      .notNull(),
    /** Id of the person, contact, campaign, carrier or tenant. */
    targetId: uuid('target_id'),
    at: instant('at').notNull(),
    requestedReal: instant('requested_real').notNull(),
    committedReal: instant('committed_real').notNull(),
    acknowledgedReal: instant('acknowledged_real'),
    revoked: integer('revoked').notNull(),
    inFlight: integer('in_flight').notNull(),
    requestedBy: text('requested_by').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('stop_requests_target').on(t.tenantId, t.targetId, t.committedReal),
    index('stop_requests_recent').on(t.tenantId, t.committedReal),
  ],
);
