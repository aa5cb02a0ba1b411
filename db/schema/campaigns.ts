import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { CampaignStatus } from '../../domain/vocabulary.ts';

/** A campaign (外呼任务) as it stands now; what it was before is in campaign_revisions. */
export const campaigns = pgTable(
  'campaigns',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    status: text('status').$type<CampaignStatus>().notNull(),
    definition: jsonb('definition').$type<CampaignDefinition>().notNull(),
    revision: integer('revision').notNull(),
    carrierId: uuid('carrier_id'),
    createdAt: instant('created_at').notNull(),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    /** Why it is paused, stopped or completed, in words. */
    statusReason: text('status_reason'),
    /** W3C `traceparent` of the request that last started or resumed it; null where nobody traced it. */
    traceParent: text('trace_parent'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('campaigns_status').on(t.tenantId, t.status),
    // Lists, by the order asked for.
    index('campaigns_name').on(t.tenantId, sql`lower(${t.name})`, t.id),
    index('campaigns_started').on(t.tenantId, sql`coalesce(${t.startedAt}, '-infinity'::timestamptz)`, t.id),
  ],
);

/** Append-only: every definition a campaign ever had, with who changed it and when. */
export const campaignRevisions = pgTable(
  'campaign_revisions',
  {
    tenantId: tenantId(),
    campaignId: uuid('campaign_id').notNull(),
    revision: integer('revision').notNull(),
    definition: jsonb('definition').$type<CampaignDefinition>().notNull(),
    changedBy: text('changed_by').notNull(),
    changedAt: instant('changed_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.campaignId, t.revision] })],
);
