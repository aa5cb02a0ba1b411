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

/** Newest first. @param before id of the last one seen. */
export async function listImports(
  tx: Tx,
  query: { campaignId: string | null; before: string | null; limit: number },
): Promise<ImportRow[]> {
  return tx.orm
    .select()
    .from(imports)
    .where(
      and(
        eq(imports.tenantId, tx.tenantId),
        query.campaignId === null ? undefined : eq(imports.campaignId, query.campaignId),
        query.before === null ? undefined : lt(imports.id, query.before),
      ),
    )
    .orderBy(desc(imports.id))
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
