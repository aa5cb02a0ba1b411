import { bigserial, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId } from './columns.ts';

/** A pack or calendar exactly as it was used: canonical JSON (RFC 8785) under its SHA-256. Immutable. */
export const policyDocuments = pgTable(
  'policy_documents',
  {
    tenantId: tenantId(),
    hash: text('hash').notNull(),
    kind: text('kind').notNull(),
    documentId: text('document_id').notNull(),
    version: text('version').notNull(),
    body: text('body').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.hash] })],
);

/** A set of documents that decisions were made by. Immutable. */
export const policySets = pgTable(
  'policy_sets',
  {
    tenantId: tenantId(),
    hash: text('hash').notNull(),
    documentHashes: text('document_hashes').array().notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.hash] })],
);

/**
 * Which set is in force: of the rows that have taken effect and were not called off (policy_cancellations), the one that
 * did last. Append-only, so what was in force when can be told.
 */
export const policyActivations = pgTable(
  'policy_activations',
  {
    tenantId: tenantId(),
    id: bigserial('id', { mode: 'number' }).notNull(),
    setHash: text('set_hash').notNull(),
    activatedAt: instant('activated_at').notNull(),
    activatedBy: text('activated_by').notNull(),
    /** Null: at once, for every decision that sees the row, whatever its machine's clock says. */
    effectiveAt: instant('effective_at'),
    /** Null where the engine put a set in force by itself: the shipped one, at the first start of a campaign. */
    draftId: uuid('draft_id'),
    note: text('note'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('policy_activations_latest').on(t.tenantId, t.id.desc()),
  ],
);
