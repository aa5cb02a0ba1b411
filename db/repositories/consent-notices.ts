import { and, asc, desc, eq } from 'drizzle-orm';
import type { Tx } from '../client.ts';
import { consentNotices } from '../schema/index.ts';

export type ConsentNoticeRow = typeof consentNotices.$inferSelect;

/** Publish a version. @returns false where that version is there already; it is left as it is. */
export async function insertNotice(tx: Tx, notice: Omit<ConsentNoticeRow, 'tenantId'>): Promise<boolean> {
  const rows = await tx.orm
    .insert(consentNotices)
    .values({ tenantId: tx.tenantId, ...notice })
    .onConflictDoNothing()
    .returning({ id: consentNotices.id });
  return rows.length > 0;
}

export async function noticeOf(tx: Tx, id: string, version: number): Promise<ConsentNoticeRow | null> {
  const rows = await tx.orm
    .select()
    .from(consentNotices)
    .where(
      and(
        eq(consentNotices.tenantId, tx.tenantId),
        eq(consentNotices.id, id),
        eq(consentNotices.version, version),
      ),
    );
  return rows[0] ?? null;
}

/** All notices that were published, by id, the latest version of each first; a tenant has a few dozen. */
export async function listNotices(tx: Tx): Promise<ConsentNoticeRow[]> {
  return tx.orm
    .select()
    .from(consentNotices)
    .where(eq(consentNotices.tenantId, tx.tenantId))
    .orderBy(asc(consentNotices.id), desc(consentNotices.version));
}

/** Languages of the versions, by `<id>@<version>`. */
export async function noticeLanguages(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const { id, version, language } = consentNotices;
  const rows = await tx.orm
    .select({ id, version, language })
    .from(consentNotices)
    .where(eq(consentNotices.tenantId, tx.tenantId));
  return new Map(rows.map((row) => [`${row.id}@${row.version}`, row.language]));
}
