import { boolean, index, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, tenantId } from './columns.ts';
import type { Channel, Purpose, SuppressionScope } from '../../domain/vocabulary.ts';

/**
 * Do-not-call entries (勿扰名单), by the number's keyed hash alone: they need no person, and they outlive one, so
 * that erasing a person never re-enables calling.
 */
export const suppressions = pgTable(
  'suppressions',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    numberHash: bytea('number_hash').notNull(),
    list: text('list').notNull(),
    scope: text('scope').$type<SuppressionScope>().notNull(),
    campaignId: uuid('campaign_id'),
    purpose: text('purpose').$type<Purpose>(),
    source: text('source').notNull(),
    requestedByPerson: boolean('requested_by_person').notNull(),
    validFrom: instant('valid_from').notNull(),
    validUntil: instant('valid_until'),
    recordedAt: instant('recorded_at').notNull(),
    recordedBy: text('recorded_by').notNull(),
    /** Channels it is limited to; empty: all. */
    channels: text('channels').array().$type<Channel[]>().notNull().default([]),
    /** What the list says it is about; null: everything. */
    category: text('category'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('suppressions_number').on(t.tenantId, t.numberHash),
    unique('suppressions_entry')
      .on(t.tenantId, t.numberHash, t.list, t.scope, t.campaignId, t.purpose)
      .nullsNotDistinct(),
  ],
);

/** When a do-not-call list was last true at its source; rules refuse a list that is too old (I6). */
export const suppressionLists = pgTable(
  'suppression_lists',
  {
    tenantId: tenantId(),
    list: text('list').notNull(),
    asOf: instant('as_of').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.list] })],
);
