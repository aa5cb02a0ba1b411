import { bigserial, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/**
 * What rows that decisions look at were before each change (migration 0011): of what kind and which, until when (engine
 * clock), and what it was. Written by triggers in the transaction of the change; append-only. At an instant `t` a row was
 * what the first entry with `until_at > t` says, or what it is now where there is none.
 */
export const factHistory = pgTable(
  'fact_history',
  {
    tenantId: tenantId(),
    kind: text('kind')
      .$type<
        | 'suppression'
        | 'list'
        | 'number'
        | 'contact'
        | 'called_number'
        | 'matter'
        | 'campaign'
        | 'carrier'
        | 'tenant'
        | 'attempt'
        | 'history'
      >()
      .notNull(),
    /** Id of the row; a number's keyed hash in hex, a list's name. */
    key: text('key').notNull(),
    /** It ceased to be so: first instant (engine clock) at which it was otherwise. */
    untilAt: instant('until_at').notNull(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    untilReal: instant('until_real').notNull(),
    /** Columns as they were; null: it was not there. */
    was: jsonb('was').$type<Record<string, unknown>>(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.kind, t.key, t.untilAt, t.id] })],
);
