import { pgTable, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

/** One sealed, known text a tenant: it opens under the master key that the tenant's rows are sealed under alone. */
export const keyCanaries = pgTable('key_canaries', {
  tenantId: uuid('tenant_id').primaryKey(),
  sealed: bytea('sealed').notNull(),
  madeReal: instant('made_real').notNull(),
});
