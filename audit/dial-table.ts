import type { Tx } from '../db/client.ts';
import { readDials, type LogFaults, type LoggedDial } from './request-log.ts';

/**
 * The carrier's dials as a temporary table of the audit's own transaction, so that the database joins them with the
 * attempts and memory stays flat however long the log is. Instants and ids only; no number enters the database.
 */
const BATCH_LINES = 2_000;

/** Reads the log into the table; with no log the table is empty. @returns how many dials there were */
export async function loadDials(
  tx: Tx,
  log: { readonly path: string; readonly sizeBytes: number } | null,
  faults: LogFaults,
  onProgress: (done: number) => void,
): Promise<number> {
  await tx.query(
    `CREATE TEMPORARY TABLE audit_dials (line int8 NOT NULL, attempt_id text, at_real timestamptz(3) NOT NULL,
       at timestamptz(3) NOT NULL, accepted boolean NOT NULL) ON COMMIT DROP`,
  );
  let count = 0;
  let batch: LoggedDial[] = [];
  if (log !== null) {
    for await (const dial of readDials(log.path, log.sizeBytes, faults)) {
      batch.push(dial);
      count += 1;
      onProgress(count);
      if (batch.length < BATCH_LINES) continue;
      await insert(tx, batch);
      batch = [];
    }
  }
  if (batch.length > 0) await insert(tx, batch);
  await tx.query('CREATE INDEX ON audit_dials (attempt_id, line)');
  await tx.query('ANALYZE audit_dials');
  return count;
}

async function insert(tx: Tx, dials: readonly LoggedDial[]): Promise<void> {
  await tx.query(
    `INSERT INTO audit_dials
     SELECT * FROM unnest($1::int8[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::boolean[])`,
    [
      dials.map((dial) => dial.line),
      dials.map((dial) => dial.attemptId),
      dials.map((dial) => new Date(dial.atReal).toISOString()),
      dials.map((dial) => new Date(dial.at).toISOString()),
      dials.map((dial) => dial.accepted),
    ],
  );
}

const PAGE_ROWS = 1_000;

/** Dials for which the tenant has no attempt, in the log's order. */
export async function* unknownDials(tx: Tx): AsyncGenerator<{ line: number; attemptId: string | null }> {
  let after = 0;
  for (;;) {
    const rows = await tx.query<{ line: number; attempt_id: string | null }>(
      `SELECT l.line, l.attempt_id FROM audit_dials l
       WHERE l.line > $2
         AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = $1 AND a.id = l.attempt_id)
       ORDER BY l.line LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, after],
    );
    for (const row of rows) yield { line: row.line, attemptId: row.attempt_id };
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.line;
  }
}
