import { asc, eq } from 'drizzle-orm';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { priceLists } from '../schema/index.ts';

export type PriceList = typeof priceLists.$inferSelect;

/** All lists, the earliest first: a tenant has a handful. */
export async function allPriceLists(tx: Tx): Promise<PriceList[]> {
  return tx.orm
    .select()
    .from(priceLists)
    .where(eq(priceLists.tenantId, tx.tenantId))
    .orderBy(asc(priceLists.validFrom));
}

/** @returns false where a list of that instant is on record: what was reckoned by it stays as it was. */
export async function addPriceList(tx: Tx, list: Omit<PriceList, 'tenantId'>): Promise<boolean> {
  const rows = await tx.orm
    .insert(priceLists)
    .values({ ...list, tenantId: tx.tenantId })
    .onConflictDoNothing()
    .returning({ validFrom: priceLists.validFrom });
  return rows.length > 0;
}

/** The stretches of `[from, to)` with the list that holds in each; null: none is on record for it. */
export function stretchesOf(
  lists: readonly PriceList[],
  from: EpochMs,
  to: EpochMs,
): { from: EpochMs; to: EpochMs; list: PriceList | null }[] {
  const starts = [from, ...lists.map(({ validFrom }) => validFrom).filter((at) => at > from && at < to)];
  return starts.map((start, i) => ({
    from: start,
    to: starts[i + 1] ?? to,
    list: lists.findLast(({ validFrom }) => validFrom <= start) ?? null,
  }));
}
