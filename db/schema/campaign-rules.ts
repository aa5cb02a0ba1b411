import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/** How far a campaign's contacts were judged by its rules, and whose turn it is among its lists. */
export const campaignRules = pgTable(
  'campaign_rules',
  {
    tenantId: tenantId(),
    campaignId: uuid('campaign_id').notNull(),
    /** The rules that its contacts are being judged by, as a hash; null: by none. */
    judgedBy: text('judged_by'),
    /** Waiting contacts up to this id are judged. */
    afterWaiting: uuid('after_waiting'),
    /** Of those that rules left out. Null: none is; they are done once it is the last id there can be. */
    afterLeftOut: uuid('after_left_out'),
    mixing: jsonb('mixing'),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.campaignId] })],
);

/** What quotas are held to: attempts that came to what is counted, and those that still may. */
export const quotaCounts = pgTable(
  'quota_counts',
  {
    tenantId: tenantId(),
    campaignId: uuid('campaign_id').notNull(),
    quota: text('quota').notNull(),
    counts: text('counts').notNull(),
    /** The beginning of the day, or of time. */
    fromAt: instant('from_at').notNull(),
    counted: integer('counted').notNull(),
    open: integer('open').notNull(),
  },
  (t) => [
    primaryKey({ name: 'quota_counts_pk', columns: [t.tenantId, t.campaignId, t.quota, t.counts, t.fromAt] }),
  ],
);
