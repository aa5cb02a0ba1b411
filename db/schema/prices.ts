import { jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';
import type { Prices } from '../../domain/kpi.ts';

/** What things cost (价目表): a list holds from its instant on (engine clock) until the next one. */
export const priceLists = pgTable(
  'price_lists',
  {
    tenantId: tenantId(),
    validFrom: instant('valid_from').notNull(),
    prices: jsonb('prices').$type<Prices>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.validFrom] })],
);
