import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';

/** The evidence log's tables: what is sealed, and the checkpoints. How it is ordered: docs/adr/0015-evidence-log.md. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * How far back (real ms) of the database's clock a process's own may be: the id of a decision is made by the process,
 * and no decision with an older id is expected from a transaction that begins now.
 */
const CLOCK_SKEW_MS = 15_000;

export interface LogRow {
  readonly size: number;
  readonly floorId: string;
  readonly settledId: string;
}

/**
 * Takes the tenant's log for this transaction, and moves `settledId` on as transactions end.
 * @returns null while somebody else seals
 */
export async function takeLog(tx: Tx): Promise<LogRow | null> {
  await tx.prepared(
    'evidence_log_make',
    'INSERT INTO evidence_logs (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING',
    [tx.tenantId],
  );
  const [row] = await tx.prepared<{
    size: number;
    floorId: string;
    settledId: string;
    watchId: string;
    watchXid: number;
    oldestXid: number;
    nextXid: number;
    nowReal: EpochMs;
  }>(
    'evidence_log_take',
    `SELECT size, floor_id AS "floorId", settled_id AS "settledId", watch_id AS "watchId", watch_xid AS "watchXid",
            pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS "oldestXid",
            pg_snapshot_xmax(pg_current_snapshot())::text::int8 AS "nextXid", clock_timestamp() AS "nowReal"
     FROM evidence_logs WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED`,
    [tx.tenantId],
  );
  if (row === undefined) return null;
  const { size, floorId } = row;
  const ended = row.oldestXid >= row.watchXid;
  // After a restore into another cluster the counter of transactions is another one, and begins anew.
  const foreign = row.watchXid > row.nextXid;
  if (!ended && !foreign) return { size, floorId, settledId: row.settledId };
  const settledId = ended && row.watchId > row.settledId ? row.watchId : row.settledId;
  await tx.prepared(
    'evidence_log_watch',
    `UPDATE evidence_logs SET settled_id = $2, watch_id = $3, watch_xid = $4 WHERE tenant_id = $1`,
    [tx.tenantId, settledId, firstIdAt(row.nowReal - CLOCK_SKEW_MS), row.nextXid],
  );
  return { size, floorId, settledId };
}

/** Whether there may be something to seal, and whether there is something to copy. Two looks at indexes. */
export async function waitingWork(tx: Statements): Promise<{ seal: boolean; copy: boolean }> {
  const [row] = await tx.prepared<{ seal: boolean; copy: boolean }>(
    'evidence_waiting',
    `SELECT coalesce((SELECT id FROM decisions WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1)
                     > coalesce((SELECT floor_id FROM evidence_logs WHERE tenant_id = $1), '${FIRST_ID}'), false) AS seal,
            EXISTS (SELECT FROM evidence_checkpoints WHERE tenant_id = $1 AND copied_real IS NULL) AS copy`,
    [tx.tenantId],
  );
  return row!;
}

/** The smallest UUID of version 7 of an instant: every id made before it is smaller. */
export function firstIdAt(real: EpochMs): string {
  const hex = Math.floor(real).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/**
 * Decisions after `floorId` that have no leaf, in the order of their ids: every column there is but the facts, which
 * are sealed by the hash that stands beside them, and are half of a row's bytes.
 */
export async function unsealedDecisions(
  tx: Statements,
  floorId: string,
  limit: number,
): Promise<Record<string, unknown>[]> {
  const [columns] = await tx.query<{ list: string }>(
    `SELECT string_agg(format('d.%I', attname), ', ') AS list FROM pg_attribute
     WHERE attrelid = 'decisions'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'facts'`,
  );
  // Not prepared: a column that a migration adds meanwhile would fail a plan that is kept.
  return tx.query(
    `SELECT ${columns!.list} FROM decisions d
     WHERE d.tenant_id = $1 AND d.id > $2
       AND NOT EXISTS (SELECT FROM evidence_leaves l WHERE l.tenant_id = $1 AND l.decision_id = d.id)
     ORDER BY d.id LIMIT $3`,
    [tx.tenantId, floorId, limit],
  );
}

/** How long ago (real seconds) the oldest decision without a leaf was recorded; null: all have one. */
export async function unsealedAgeS(tx: Statements): Promise<number | null> {
  const [row] = await tx.prepared<{ age: number | null }>(
    'evidence_unsealed_age',
    `SELECT extract(epoch FROM clock_timestamp() - min(d.recorded_real))::float8 AS age FROM decisions d
     WHERE d.tenant_id = $1
       AND d.id > coalesce((SELECT floor_id FROM evidence_logs WHERE tenant_id = $1), '${FIRST_ID}')
       AND NOT EXISTS (SELECT FROM evidence_leaves l WHERE l.tenant_id = $1 AND l.decision_id = d.id)`,
    [tx.tenantId],
  );
  return row?.age ?? null;
}

/**
 * One page of the walk over decisions that should have a leaf.
 * @returns the last id looked at (null: the end) and the first that has none
 */
export async function walkSealed(
  tx: Statements,
  after: string,
  upTo: string,
  rows: number,
): Promise<{ last: string | null; missed: string | null }> {
  const [row] = await tx.prepared<{ last: string | null; missed: string | null }>(
    'evidence_walk',
    `WITH page AS (SELECT id FROM decisions WHERE tenant_id = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4)
     SELECT (SELECT id FROM page ORDER BY id DESC LIMIT 1) AS last,
            (SELECT p.id FROM page p WHERE NOT EXISTS (
               SELECT FROM evidence_leaves l WHERE l.tenant_id = $1 AND l.decision_id = p.id)
             ORDER BY p.id LIMIT 1) AS missed`,
    [tx.tenantId, after, upTo, rows],
  );
  return row ?? { last: null, missed: null };
}

export async function moveFloor(tx: Statements, floorId: string): Promise<void> {
  await tx.prepared('evidence_floor', 'UPDATE evidence_logs SET floor_id = $2 WHERE tenant_id = $1', [
    tx.tenantId,
    floorId,
  ]);
}

export interface NewLeaf {
  readonly decisionId: string;
  readonly hash: Buffer;
}

/** Put leaves behind those that there are, with the nodes that they complete. */
export async function appendLeaves(
  tx: Tx,
  size: number,
  leaves: readonly NewLeaf[],
  nodes: readonly { readonly level: number; readonly position: number; readonly hash: Buffer }[],
): Promise<void> {
  await tx.prepared(
    'evidence_append',
    `INSERT INTO evidence_leaves (tenant_id, position, decision_id, hash)
     SELECT $1, $2::int8 + n - 1, id, hash FROM unnest($3::uuid[], $4::bytea[]) WITH ORDINALITY AS t (id, hash, n)`,
    [tx.tenantId, size, leaves.map((leaf) => leaf.decisionId), leaves.map((leaf) => leaf.hash)],
  );
  await tx.prepared(
    'evidence_nodes_add',
    `INSERT INTO evidence_nodes (tenant_id, level, position, hash)
     SELECT $1, * FROM unnest($2::int2[], $3::int8[], $4::bytea[])`,
    [tx.tenantId, nodes.map((n) => n.level), nodes.map((n) => n.position), nodes.map((n) => n.hash)],
  );
  await tx.prepared('evidence_size', 'UPDATE evidence_logs SET size = $2 WHERE tenant_id = $1', [
    tx.tenantId,
    size + leaves.length,
  ]);
}

export interface CheckpointRow {
  readonly size: number;
  readonly previousSize: number;
  readonly root: string;
  readonly atReal: EpochMs;
  readonly keyId: string;
  readonly publicKey: string;
  readonly signature: string;
  readonly copiedReal: EpochMs | null;
}

const CHECKPOINT = `size, previous_size AS "previousSize", root, at_real AS "atReal", key_id AS "keyId",
  public_key AS "publicKey", signature, copied_real AS "copiedReal"`;

export async function addCheckpoint(tx: Tx, row: Omit<CheckpointRow, 'copiedReal'>): Promise<void> {
  await tx.prepared(
    'evidence_checkpoint_add',
    `INSERT INTO evidence_checkpoints (tenant_id, size, previous_size, root, at_real, key_id, public_key, signature)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      tx.tenantId,
      row.size,
      row.previousSize,
      row.root,
      toIso(row.atReal),
      row.keyId,
      row.publicKey,
      row.signature,
    ],
  );
}

/** Checkpoints of more than `after` decisions, the smallest first. */
export async function checkpointsAfter(
  tx: Statements,
  after: number,
  limit: number,
): Promise<CheckpointRow[]> {
  return tx.prepared(
    'evidence_checkpoints_after',
    `SELECT ${CHECKPOINT} FROM evidence_checkpoints WHERE tenant_id = $1 AND size > $2 ORDER BY size LIMIT $3`,
    [tx.tenantId, after, limit],
  );
}

/** Checkpoints of less than `before` decisions, the largest first. */
export async function checkpointsBefore(
  tx: Statements,
  before: number,
  limit: number,
): Promise<CheckpointRow[]> {
  return tx.prepared(
    'evidence_checkpoints_before',
    `SELECT ${CHECKPOINT} FROM evidence_checkpoints WHERE tenant_id = $1 AND size < $2 ORDER BY size DESC LIMIT $3`,
    [tx.tenantId, before, limit],
  );
}

export async function checkpointOfSize(tx: Statements, size: number): Promise<CheckpointRow | null> {
  const rows = await tx.prepared<CheckpointRow>(
    'evidence_checkpoint',
    `SELECT ${CHECKPOINT} FROM evidence_checkpoints WHERE tenant_id = $1 AND size = $2`,
    [tx.tenantId, size],
  );
  return rows[0] ?? null;
}

/** The latest checkpoint; null: nothing is sealed yet. */
export async function latestCheckpoint(tx: Statements): Promise<CheckpointRow | null> {
  return (await checkpointsBefore(tx, Number.MAX_SAFE_INTEGER, 1))[0] ?? null;
}

/** Takes the tenant's log for this transaction. @returns false while somebody else has it, or there is none */
export async function lockLog(tx: Tx): Promise<boolean> {
  const rows = await tx.prepared(
    'evidence_log_lock',
    'SELECT size FROM evidence_logs WHERE tenant_id = $1 FOR UPDATE SKIP LOCKED',
    [tx.tenantId],
  );
  return rows.length > 0;
}

/** Checkpoints that are not in the second place yet, the smallest first. */
export async function uncopiedCheckpoints(tx: Statements, limit: number): Promise<CheckpointRow[]> {
  return tx.prepared(
    'evidence_uncopied',
    `SELECT ${CHECKPOINT} FROM evidence_checkpoints
     WHERE tenant_id = $1 AND copied_real IS NULL ORDER BY size LIMIT $2`,
    [tx.tenantId, limit],
  );
}

export async function noteCopied(tx: Tx, size: number): Promise<void> {
  await tx.prepared(
    'evidence_copied',
    'UPDATE evidence_checkpoints SET copied_real = clock_timestamp() WHERE tenant_id = $1 AND size = $2',
    [tx.tenantId, size],
  );
}

/** Kept hashes `[from, to)` of a level of the tree (evidence/tree.ts). */
export async function treeHashes(tx: Statements, level: number, from: number, to: number): Promise<Buffer[]> {
  const rows =
    level === 0
      ? await tx.prepared<{ hash: Buffer }>(
          'evidence_leaf_hashes',
          `SELECT hash FROM evidence_leaves WHERE tenant_id = $1 AND position >= $2 AND position < $3 ORDER BY position`,
          [tx.tenantId, from, to],
        )
      : await tx.prepared<{ hash: Buffer }>(
          'evidence_node_hashes',
          `SELECT hash FROM evidence_nodes
           WHERE tenant_id = $1 AND level = $4 AND position >= $2 AND position < $3 ORDER BY position`,
          [tx.tenantId, from, to, level],
        );
  return rows.map((row) => row.hash);
}

/** A sealed decision with its place. `row` null: it is not there any more. */
export interface SealedRow {
  readonly position: number;
  readonly decisionId: string;
  readonly hash: Buffer;
  readonly row: Record<string, unknown> | null;
}

/** Sealed decisions from `from` on and before `to`, in the order of the log, a page at a time. */
export async function sealedPage(
  tx: Statements,
  from: number,
  to: number,
  limit: number,
): Promise<SealedRow[]> {
  const leaves = await tx.prepared<{ position: number; decisionId: string; hash: Buffer }>(
    'evidence_leaf_page',
    `SELECT position, decision_id AS "decisionId", hash FROM evidence_leaves
     WHERE tenant_id = $1 AND position >= $2 AND position < $3 ORDER BY position LIMIT $4`,
    [tx.tenantId, from, to, limit],
  );
  return withRows(tx, leaves);
}

/** A contact's sealed decisions, from a place of the log on. */
export async function sealedOfContact(
  tx: Statements,
  contactId: string,
  from: number,
  to: number,
  limit: number,
): Promise<SealedRow[]> {
  const leaves = await tx.prepared<{ position: number; decisionId: string; hash: Buffer }>(
    'evidence_leaves_of_contact',
    `SELECT l.position, l.decision_id AS "decisionId", l.hash FROM decisions d
     JOIN evidence_leaves l ON l.tenant_id = $1 AND l.decision_id = d.id
     WHERE d.tenant_id = $1 AND d.contact_id = $2 AND l.position >= $3 AND l.position < $4
     ORDER BY l.position LIMIT $5`,
    [tx.tenantId, contactId, from, to, limit],
  );
  return withRows(tx, leaves);
}

/** The checkpoints that sealed a contact's decisions up to `size`, the smallest first. */
export async function checkpointsOfContact(
  tx: Statements,
  contactId: string,
  size: number,
): Promise<CheckpointRow[]> {
  return tx.prepared(
    'evidence_checkpoints_of_contact',
    `SELECT ${CHECKPOINT} FROM evidence_checkpoints WHERE tenant_id = $1 AND size IN (
       SELECT (SELECT min(c.size) FROM evidence_checkpoints c WHERE c.tenant_id = $1 AND c.size > l.position)
       FROM decisions d JOIN evidence_leaves l ON l.tenant_id = $1 AND l.decision_id = d.id
       WHERE d.tenant_id = $1 AND d.contact_id = $2 AND l.position < $3)
     ORDER BY size`,
    [tx.tenantId, contactId, size],
  );
}

/**
 * A contact's decisions that are not among the first `size` sealed ones, in the order in which they were made. Few:
 * seconds' worth.
 */
export async function unsealedOfContact(
  tx: Statements,
  contactId: string,
  size: number,
): Promise<Record<string, unknown>[]> {
  return tx.query(
    `SELECT d.* FROM decisions d
     WHERE d.tenant_id = $1 AND d.contact_id = $2
       AND NOT EXISTS (
         SELECT FROM evidence_leaves l WHERE l.tenant_id = $1 AND l.decision_id = d.id AND l.position < $3)
     ORDER BY d.id`,
    [tx.tenantId, contactId, size],
  );
}

async function withRows(
  tx: Statements,
  leaves: readonly { position: number; decisionId: string; hash: Buffer }[],
): Promise<SealedRow[]> {
  const rows = await tx.query<Record<string, unknown> & { id: string }>(
    'SELECT * FROM decisions WHERE tenant_id = $1 AND id = ANY ($2::uuid[])',
    [tx.tenantId, leaves.map((leaf) => leaf.decisionId)],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return leaves.map((leaf) => ({ ...leaf, row: byId.get(leaf.decisionId) ?? null }));
}

/** The first place of the log that was sealed at an instant (real) or later. */
export async function placeSealedAt(tx: Statements, real: EpochMs): Promise<number> {
  const [row] = await tx.query<{ place: number }>(
    `SELECT coalesce(max(size), 0) AS place FROM evidence_checkpoints WHERE tenant_id = $1 AND at_real < $2`,
    [tx.tenantId, toIso(real)],
  );
  return row?.place ?? 0;
}
