import { sql } from 'drizzle-orm';
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
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
    /** Id of the person, contact, campaign, carrier or tenant; for `all` the tenant's, whose part of it this is. */
    targetId: uuid('target_id'),
    at: instant('at').notNull(),
    requestedReal: instant('requested_real').notNull(),
    committedReal: instant('committed_real').notNull(),
    acknowledgedReal: instant('acknowledged_real'),
    revoked: integer('revoked').notNull(),
    inFlight: integer('in_flight').notNull(),
    requestedBy: text('requested_by').notNull(),
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
    /** Ringing calls hung up by the acknowledgement; null: not acknowledged, or by a version that did not keep it. */
    hungUp: integer('hung_up'),
    /** False where a hang-up was not confirmed within its bound; null as above. */
    complete: boolean('complete'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('stop_requests_target').on(t.tenantId, t.targetId, t.committedReal),
    index('stop_requests_recent').on(t.tenantId, t.committedReal),
    index('stop_requests_open')
      .on(t.tenantId, t.committedReal)
      .where(sql`acknowledged_real IS NULL`),
  ],
);

/**
 * Stops of the whole installation, every tenant at once: one stands at a time, until it is lifted. They belong to no
 * tenant; what each tenant's part of one came to is in its `stop_requests`, with scope `all`.
 */
export const installationStops = pgTable(
  'installation_stops',
  {
    id: uuid('id').primaryKey(),
    stoppedAt: instant('stopped_at').notNull(),
    stoppedReal: instant('stopped_real').notNull(),
    stoppedBy: text('stopped_by').notNull(),
    /** In words that every tenant may read. */
    reason: text('reason'),
    liftedAt: instant('lifted_at'),
    liftedReal: instant('lifted_real'),
    liftedBy: text('lifted_by'),
  },
  () => [
    uniqueIndex('installation_stops_standing')
      .on(sql`(true)`)
      .where(sql`lifted_real IS NULL`),
  ],
);
