import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements } from '../client.ts';

/**
 * Pages of large tables, newest or oldest first, read from one index by instant. Filters that have no index of their own are
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

/** Rows looked through for one page: a few ms, however rare what is asked for. */
export const SCANNED_MAX = 2_000;

export interface PageOrder {
  /** Columns of the order: instant and id. */
  readonly at: string;
  readonly id: string;
  /** SQL type of the id. */
  readonly idType: 'uuid' | 'text';
}

interface PageRequest {
  readonly columns: string;
  readonly table: string;
  readonly alias: string;
  readonly join?: string;
  readonly within: readonly string[];
  readonly filter: readonly string[];
  readonly order: PageOrder;
  readonly values: readonly unknown[];
  readonly after: PagePlace | null;
  readonly limit: number;
}

/**
 * Read one page.
 * @param of.table what is looked through: a table, or a subquery of one
 * @param of.alias its name in all other parts
 * @param of.within conditions that the index answers, and the bounds of the instant
 * @param of.filter conditions that each row looked at is held against
 * @param of.columns what is shown of the rows found, worked out for those alone; of.join: tables it needs beside
 */
export async function newestFirst<T extends object>(tx: Statements, of: PageRequest): Promise<Page<T>> {
  return pageOf<T>(tx, of, { sort: 'DESC', beyond: '<' });
}

/** The same, oldest first. */
export async function oldestFirst<T extends object>(tx: Statements, of: PageRequest): Promise<Page<T>> {
  return pageOf<T>(tx, of, { sort: 'ASC', beyond: '>' });
}

async function pageOf<T extends object>(
  tx: Statements,
  of: PageRequest,
  { sort, beyond }: { readonly sort: 'ASC' | 'DESC'; readonly beyond: '<' | '>' },
): Promise<Page<T>> {
  const { alias, limit } = of;
  const at = `${alias}.${of.order.at}`;
  const id = `${alias}.${of.order.id}`;
  const values = [...of.values];
  const given = (value: unknown) => `$${values.push(value)}`;
  const within = [...of.within];
  if (of.after !== null) {
    const place = `${given(toIso(of.after.at))}::timestamptz`;
    within.push(
      `${at} ${beyond}= ${place}`,
      `(${at}, ${id}) ${beyond} (${place}, ${given(of.after.id)}::${of.order.idType})`,
    );
  }
  const order = `ORDER BY ${at} ${sort}, ${id} ${sort}`;
  const scanned = (columns: string, tail: string) =>
    `SELECT ${columns} FROM ${of.table} AS ${alias} WHERE ${within.join(' AND ')} ${order} ${tail}`;
  const hit = of.filter.length === 0 ? 'true' : of.filter.join(' AND ');
  const rows = await tx.query<T & Placed>(
    `SELECT ${of.columns}, ${at} AS "pageAt", ${id}::text AS "pageId"
     FROM (SELECT * FROM (${scanned(`${alias}.*, (${hit}) AS page_hit`, `LIMIT ${SCANNED_MAX}`)}) AS looked
           WHERE page_hit LIMIT ${given(limit + 1)}) AS ${alias} ${of.join ?? ''} ${order}`,
    values,
  );
  const shown = rows.slice(0, limit);
  if (rows.length > limit) return { rows: shown, next: placeOf(shown.at(-1)!) };
  // Without filters a page that is not full is the last; with them, only where fewer rows were there to look through.
  if (of.filter.length === 0) return { rows: shown, next: null };
  values.pop();
  const [last] = await tx.query<Placed>(
    // The filter stands here only so that every value given is used.
    scanned(
      `${at} AS "pageAt", ${id}::text AS "pageId", (${hit}) AS page_hit`,
      `OFFSET ${SCANNED_MAX - 1} LIMIT 1`,
    ),
    values,
  );
  return { rows: shown, next: last === undefined ? null : placeOf(last) };
}

interface Placed {
  readonly pageAt: EpochMs;
  readonly pageId: string;
}

function placeOf(row: Placed): PagePlace {
  return { at: row.pageAt, id: row.pageId };
}
