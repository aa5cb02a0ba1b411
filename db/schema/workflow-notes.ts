import { bigserial, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/**
 * What a contact's workflow was told, as the workers note it: `admitted` (started or signalled), `reported` (its call's
 * result), `closed` (the contact became final without it). A contact's timeline tells the workflow's side by these.
 */
export const workflowNotes = pgTable(
  'workflow_notes',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    campaignId: uuid('campaign_id').notNull(),
    contactId: uuid('contact_id').notNull(),
    kind: text('kind').$type<'admitted' | 'reported' | 'closed'>().notNull(),
    /** Null where it is about no admission. */
    admission: integer('admission'),
    /** `admitted`: {"started": boolean}; `reported`: the result; `closed`: {"state", "reason"}. Codes and instants only. */
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull(),
    at: instant('at').notNull(),
    recordedReal: instant('recorded_real').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('workflow_notes_contact').on(t.tenantId, t.contactId, t.at),
  ],
);
