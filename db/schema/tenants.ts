import { pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** One organisation. Its own row is its tenant's row, so `id` is what row-level security compares. */
export const tenants = pgTable('tenants', {
  id: uuid('id').primaryKey(),
  slug: text('slug').notNull().unique(),
  name: text('name').notNull(),
  /** Kill switch for everything this tenant dials; set: nothing passes the gate. */
  diallingStoppedAt: instant('dialling_stopped_at'),
  createdReal: instant('created_real').notNull(),
});
