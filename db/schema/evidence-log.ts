import { sql } from 'drizzle-orm';
import { bigint, index, pgTable, primaryKey, smallint, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant, tenantId } from './columns.ts';

const count = (name: string) => bigint(name, { mode: 'number' });
const ZERO_ID = '00000000-0000-0000-0000-000000000000';

/** How far a tenant's decisions are sealed; its row is what sealers take turns by. */
export const evidenceLogs = pgTable('evidence_logs', {
  tenantId: uuid('tenant_id').primaryKey().notNull(),
  /** How many decisions are sealed. */
  size: count('size').notNull().default(0),
  /** Every decision up to this id is sealed; the search for others begins after it. */
  floorId: uuid('floor_id').notNull().default(ZERO_ID),
  /** Every transaction that could add a decision up to this id has ended. */
  settledId: uuid('settled_id').notNull().default(ZERO_ID),
  /** Becomes `settledId` when every transaction before `watchXid` has ended. */
  watchId: uuid('watch_id').notNull().default(ZERO_ID),
  watchXid: count('watch_xid').notNull().default(0),
});

/** One sealed decision at its place in the log. */
export const evidenceLeaves = pgTable(
  'evidence_leaves',
  {
    tenantId: tenantId(),
    position: count('position').notNull(),
    decisionId: uuid('decision_id').notNull(),
    /** RFC 9162 leaf hash (evidence/leaf.ts). */
    hash: bytea('hash').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.position] }),
    uniqueIndex('evidence_leaves_decision').on(t.tenantId, t.decisionId),
  ],
);

/** Nodes of every eighth level, from which proofs are made without reading all leaves (evidence/tree.ts). */
export const evidenceNodes = pgTable(
  'evidence_nodes',
  {
    tenantId: tenantId(),
    level: smallint('level').notNull(),
    position: count('position').notNull(),
    hash: bytea('hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.level, t.position] })],
);

/** A signed statement of the log's root at a size (evidence/checkpoint.ts). */
export const evidenceCheckpoints = pgTable(
  'evidence_checkpoints',
  {
    tenantId: tenantId(),
    size: count('size').notNull(),
    previousSize: count('previous_size').notNull(),
    root: text('root').notNull(),
    atReal: instant('at_real').notNull(),
    keyId: text('key_id').notNull(),
    publicKey: text('public_key').notNull(),
    signature: text('signature').notNull(),
    /** When it stood in the second place too (real); null: not yet. */
    copiedReal: instant('copied_real'),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.size] }),
    index('evidence_checkpoints_uncopied')
      .on(t.tenantId, t.size)
      .where(sql`copied_real IS NULL`),
  ],
);
