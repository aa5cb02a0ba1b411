import { v7 as uuidv7 } from 'uuid';
import type { Database, Tx } from '../db/client.ts';
import { notFound } from '../domain/failures.ts';
import type { EpochMs } from '../domain/time.ts';
import { int4Array, textArray } from './binary-arrays.ts';
import type { Issue } from './issues.ts';

export type ImportKind = 'contacts' | 'do_not_call';
export type ImportState = 'running' | 'completed' | 'failed';

/** One import as it stands. */
export interface ImportStatus {
  readonly importId: string;
  readonly kind: ImportKind;
  readonly campaignId: string | null;
  readonly sourceName: string;
  /** `running` also when its process died: running the same file again goes on after `rowsDone`. */
  readonly status: ImportState;
  readonly detected: Readonly<Record<string, unknown>> | null;
  /** Rows, not counting the header, that are stored for good. */
  readonly rowsDone: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly error: string | null;
  readonly createdReal: EpochMs;
  readonly finishedReal: EpochMs | null;
}

interface ImportRow {
  id: string;
  kind: ImportKind;
  campaign_id: string | null;
  source_name: string;
  status: ImportState;
  detected: Record<string, unknown> | null;
  rows_done: number;
  counts: Record<string, number>;
  error: string | null;
  created_real: number;
  finished_real: number | null;
}

const COLUMNS =
  'id, kind, campaign_id, source_name, status, detected, rows_done, counts, error, created_real, finished_real';

function statusOf(row: ImportRow): ImportStatus {
  return {
    importId: row.id,
    kind: row.kind,
    campaignId: row.campaign_id,
    sourceName: row.source_name,
    status: row.status,
    detected: row.detected,
    rowsDone: row.rows_done,
    counts: row.counts,
    error: row.error,
    createdReal: row.created_real,
    finishedReal: row.finished_real,
  };
}

/** @throws RightcallError `not_found`. */
export async function importStatus(db: Database, tenantId: string, importId: string): Promise<ImportStatus> {
  const [row] = await db.inTenant(tenantId, (tx) =>
    tx.query<ImportRow>(`SELECT ${COLUMNS} FROM imports WHERE tenant_id = $1 AND id = $2`, [
      tenantId,
      importId,
    ]),
  );
  if (row === undefined) throw notFound('the import');
  return statusOf(row);
}

export interface StoredIssue extends Issue {
  /** Hand the last one's id to the next call as `after`. */
  readonly id: number;
}

/** Issues of an import in the order they were found, a page at a time. @param options.limit at most 1,000. */
export async function listImportIssues(
  db: Database,
  tenantId: string,
  importId: string,
  options: { after?: number; limit?: number } = {},
): Promise<StoredIssue[]> {
  const rows = await db.inTenant(tenantId, (tx) =>
    tx.query<{
      id: number;
      line: number;
      column: string;
      masked_value: string;
      code: string;
      reason: string;
    }>(
      `SELECT id, line, "column", masked_value, code, reason FROM import_issues
       WHERE tenant_id = $1 AND import_id = $2 AND id > $3 ORDER BY id LIMIT $4`,
      [tenantId, importId, options.after ?? 0, Math.min(options.limit ?? 100, 1_000)],
    ),
  );
  return rows.map(({ masked_value: maskedValue, ...row }) => ({ ...row, maskedValue }));
}

/** What an import is known by: the same content for the same target is the same import. */
export interface ImportIdentity {
  readonly kind: ImportKind;
  readonly campaignId: string | null;
  readonly contentHash: string;
}

/**
 * The import of this identity, made when there is none; a failed one is taken up again. For one that is not completed
 * a run begins here, whose pace is told by what it adds.
 */
export async function openImport(
  tx: Tx,
  identity: ImportIdentity,
  about: { sourceName: string; options: unknown; detected: unknown; importedBy: string },
): Promise<ImportStatus> {
  const { kind, campaignId, contentHash } = identity;
  await tx.query(
    `INSERT INTO imports (tenant_id, id, kind, campaign_id, source_name, content_hash, options, status, detected,
                          rows_done, counts, created_real, run_since_real)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', $8, 0, '{}', now(), now())
     ON CONFLICT (tenant_id, kind, campaign_id, content_hash) DO UPDATE SET status = 'running', error = NULL,
         run_since_real = now(), run_from_rows = imports.rows_done, advanced_real = NULL
       WHERE imports.status <> 'completed'`,
    [
      tx.tenantId,
      uuidv7(),
      kind,
      campaignId,
      about.sourceName,
      contentHash,
      JSON.stringify({ ...(about.options as object), importedBy: about.importedBy }),
      JSON.stringify(about.detected),
    ],
  );
  const [row] = await tx.query<ImportRow>(
    `SELECT ${COLUMNS} FROM imports
     WHERE tenant_id = $1 AND kind = $2 AND campaign_id IS NOT DISTINCT FROM $3 AND content_hash = $4`,
    [tx.tenantId, kind, campaignId, contentHash],
  );
  return statusOf(row!);
}

/**
 * Note that the rows up to `rowsDone` are stored, in the transaction that stores them.
 * @returns false when another process has stored them already: then nothing of the batch may stay.
 */
export async function advanceImport(
  tx: Tx,
  importId: string,
  from: number,
  rowsDone: number,
  counts: Readonly<Record<string, number>>,
): Promise<boolean> {
  const { rowCount } = await tx.client.query(
    `UPDATE imports SET rows_done = $4, counts = $5, advanced_real = clock_timestamp()
     WHERE tenant_id = $1 AND id = $2 AND rows_done = $3 AND status = 'running'`,
    [tx.tenantId, importId, from, rowsDone, JSON.stringify(counts)],
  );
  return rowCount === 1;
}

export async function finishImport(
  tx: Tx,
  importId: string,
  outcome:
    { status: 'completed'; counts: Readonly<Record<string, number>> } | { status: 'failed'; error: string },
): Promise<void> {
  await tx.query(
    `UPDATE imports SET status = $3, counts = coalesce($4, counts), error = $5, finished_real = now()
     WHERE tenant_id = $1 AND id = $2`,
    [
      tx.tenantId,
      importId,
      outcome.status,
      outcome.status === 'completed' ? JSON.stringify(outcome.counts) : null,
      outcome.status === 'failed' ? outcome.error : null,
    ],
  );
}

export async function insertIssues(tx: Tx, importId: string, issues: readonly Issue[]): Promise<void> {
  if (issues.length === 0) return;
  await tx.query(
    `INSERT INTO import_issues (tenant_id, import_id, line, "column", masked_value, code, reason)
     SELECT $1, $2, line, col, masked_value, code, reason
     FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[])
       AS r (line, col, masked_value, code, reason)`,
    [
      tx.tenantId,
      importId,
      int4Array(issues.map((one) => one.line)),
      textArray(issues.map((one) => one.column.replaceAll('\0', ''))),
      textArray(issues.map((one) => one.maskedValue)),
      textArray(issues.map((one) => one.code)),
      textArray(issues.map((one) => one.reason)),
    ],
  );
}
