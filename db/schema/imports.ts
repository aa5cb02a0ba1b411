import {
  bigserial,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/** One file taken in: contacts or a do-not-call list. The same content for the same target is the same import. */
export const imports = pgTable(
  'imports',
  {
    tenantId: tenantId(),
    id: uuid('id').notNull(),
    kind: text('kind').$type<'contacts' | 'do_not_call'>().notNull(),
    campaignId: uuid('campaign_id'),
    /** File name as given, for people. */
    sourceName: text('source_name').notNull(),
    /** SHA-256 (hex) over the file's bytes and the options that change its meaning. */
    contentHash: text('content_hash').notNull(),
    options: jsonb('options').notNull(),
    status: text('status').$type<'running' | 'completed' | 'failed'>().notNull(),
    /** What was found out: encoding, delimiter, columns. */
    detected: jsonb('detected'),
    /** Rows (not counting the header) that are stored for good; an interrupted import goes on after them. */
    rowsDone: integer('rows_done').notNull(),
    counts: jsonb('counts').$type<Record<string, number>>().notNull(),
    error: text('error'),
    createdReal: instant('created_real').notNull(),
    finishedReal: instant('finished_real'),
    /** The run under way, or the last: when it began, how many rows there were by then, when it last stored some. */
    runSinceReal: instant('run_since_real'),
    runFromRows: integer('run_from_rows').notNull().default(0),
    advancedReal: instant('advanced_real'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique('imports_content').on(t.tenantId, t.kind, t.campaignId, t.contentHash).nullsNotDistinct(),
  ],
);

/** A row that was not taken, and why. Values are masked. */
export const importIssues = pgTable(
  'import_issues',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    importId: uuid('import_id').notNull(),
    /** Line in the file, from 1, header included. */
    line: integer('line').notNull(),
    column: text('column').notNull(),
    maskedValue: text('masked_value').notNull(),
    code: text('code').notNull(),
    reason: text('reason').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('import_issues_import').on(t.tenantId, t.importId, t.line),
    index('import_issues_order').on(t.tenantId, t.importId, t.id),
  ],
);
