import { bigserial, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/** One look at a person's data in full, kept for as long as it counts against its actor's share. */
export const reveals = pgTable(
  'reveals',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    actor: text('actor').notNull(),
    atReal: instant('at_real').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('reveals_actor').on(t.tenantId, t.actor, t.atReal),
  ],
);
