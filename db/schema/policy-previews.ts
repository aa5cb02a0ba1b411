import { jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { tenantId } from './columns.ts';

/** The lists of a preview, line by line: whom a change of policies would concern, and how. */
export const policyPreviewEntries = pgTable(
  'policy_preview_entries',
  {
    tenantId: tenantId(),
    previewId: uuid('preview_id').notNull(),
    /** `contacts`, `promises`, `calls` or `denials` (gate/preview/work.ts). */
    part: text('part').notNull(),
    change: text('change').notNull(),
    /** Of the contact, the callback or the decision. */
    subjectId: uuid('subject_id').notNull(),
    campaignId: uuid('campaign_id').notNull(),
    body: jsonb('body').$type<unknown>().notNull(),
  },
  (t) => [
    primaryKey({
      name: 'policy_preview_entries_pk',
      columns: [t.tenantId, t.previewId, t.part, t.change, t.subjectId],
    }),
  ],
);
