import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/**
 * Pages of large tables, newest first, read from one index by instant. Filters that have no index of their own are
 * applied while reading, and a page looks through so many rows at most: it may then hold fewer than asked for, or none,
 * while more follow. Whoever reads goes on while there is a next place.
 */
export interface PagePlace {
  readonly at: EpochMs;
  readonly id: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Where the next page begins; null: there is none. */
  readonly next: PagePlace | null;
}

/** Rows looked through for one page: some 10 ms, however rare what is asked for. */
const SCANNED_MAX = 5_000;

export interface PageOrder {
  /** Columns of the order, as they stand in `from`: instant and id, both descending. */
  readonly at: string;
  readonly id: string;
  /** SQL type of the id. */
  readonly idType: 'uuid' | 'text';
}

/**
 * Read one page.
 * @param of.from the table, with what is joined to it; one row each
 * @param of.within conditions that the index answers, and the bounds of the instant
 * @param of.filter conditions that each row read is held against
 * @param of.columns with `"pageAt"` and `"pageId"` added by this function
 */
export async function newestFirst<T extends object>(
  tx: Statements,
  of: {
    readonly columns: string;
    readonly from: string;
    readonly within: readonly string[];
    readonly filter: readonly string[];
    readonly order: PageOrder;
    readonly values: readonly unknown[];
    readonly after: PagePlace | null;
    readonly limit: number;
  },
): Promise<Page<T>> {
  const { order, limit } = of;
  const values = [...of.values];
  const given = (value: unknown) => `$${values.push(value)}`;
  const within = [...of.within];
  if (of.after !== null) {
    const at = `${given(toIso(of.after.at))}::timestamptz`;
    within.push(
      `${order.at} <= ${at}`,
      `(${order.at}, ${order.id}) < (${at}, ${given(of.after.id)}::${order.idType})`,
    );
  }
  const scanned = (tail: string) =>
    `SELECT ${of.columns}, ${order.at} AS "pageAt", ${order.id}::text AS "pageId",
            (${of.filter.length === 0 ? 'true' : of.filter.join(' AND ')}) AS "pageHit"
     FROM ${of.from} WHERE ${within.join(' AND ')} ORDER BY ${order.at} DESC, ${order.id} DESC ${tail}`;
  const found = await tx.query<T & { pageAt: EpochMs; pageId: string }>(
    `SELECT * FROM (${scanned(`LIMIT ${SCANNED_MAX}`)}) AS page WHERE "pageHit" LIMIT ${given(limit + 1)}`,
    values,
  );
  const rows = found.slice(0, limit);
  if (found.length > limit) return { rows, next: placeOf(rows.at(-1)!) };
  // Without filters a page that is not full is the last; with them, only where fewer rows were there to look through.
  if (of.filter.length === 0) return { rows, next: null };
  values.pop();
  const [last] = await tx.query<{ pageAt: EpochMs; pageId: string }>(
    scanned(`OFFSET ${SCANNED_MAX - 1} LIMIT 1`),
    values,
  );
  return { rows, next: last === undefined ? null : placeOf(last) };
}

function placeOf(row: { readonly pageAt: EpochMs; readonly pageId: string }): PagePlace {
  return { at: row.pageAt, id: row.pageId };
}
