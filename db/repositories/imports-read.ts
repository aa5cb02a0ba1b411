import { and, asc, desc, eq, gt, lt } from 'drizzle-orm';
import type { Tx } from '../client.ts';
import { importIssues, imports } from '../schema/index.ts';

export type ImportRow = typeof imports.$inferSelect;
export type ImportIssueRow = typeof importIssues.$inferSelect;

export async function importById(tx: Tx, id: string): Promise<ImportRow | null> {
  const rows = await tx.orm
    .select()
    .from(imports)
    .where(and(eq(imports.tenantId, tx.tenantId), eq(imports.id, id)));
  return rows[0] ?? null;
}

export interface ImportQuery {
  readonly kind: ImportRow['kind'] | null;
  readonly status: ImportRow['status'] | null;
  readonly campaignId: string | null;
  /** Oldest first; ids sort by creation. */
  readonly ascending: boolean;
  /** Id of the last one of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/** Imports by creation. There are few: one a file. */
export async function listImports(tx: Tx, query: ImportQuery): Promise<ImportRow[]> {
  const [order, beyond] = query.ascending ? [asc, gt] : [desc, lt];
  return tx.orm
    .select()
    .from(imports)
    .where(
      and(
        eq(imports.tenantId, tx.tenantId),
        query.kind === null ? undefined : eq(imports.kind, query.kind),
        query.status === null ? undefined : eq(imports.status, query.status),
        query.campaignId === null ? undefined : eq(imports.campaignId, query.campaignId),
        query.after === null ? undefined : beyond(imports.id, query.after),
      ),
    )
    .orderBy(order(imports.id))
    .limit(query.limit);
}

/** Rows that were not taken, in the order they were found. @param after id of the last one seen. */
export async function listImportIssues(
  tx: Tx,
  query: { importId: string; after: number | null; limit: number },
): Promise<ImportIssueRow[]> {
  return tx.orm
    .select()
    .from(importIssues)
    .where(
      and(
        eq(importIssues.tenantId, tx.tenantId),
        eq(importIssues.importId, query.importId),
        query.after === null ? undefined : gt(importIssues.id, query.after),
      ),
    )
    .orderBy(asc(importIssues.id))
    .limit(query.limit);
}
