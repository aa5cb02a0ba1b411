import { and, asc, desc, eq, gt, lt, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Channel, Purpose, SuppressionScope } from '../../domain/vocabulary.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { suppressions } from '../schema/index.ts';

export type SuppressionRow = typeof suppressions.$inferSelect;

export interface SuppressionInput {
  readonly numberHash: Buffer;
  readonly list: string;
  readonly scope: SuppressionScope;
  readonly campaignId: string | null;
  readonly purpose: Purpose | null;
  readonly source: string;
  readonly requestedByPerson: boolean;
  readonly validFrom: EpochMs;
  readonly validUntil: EpochMs | null;
  /** Left out or empty: all. */
  readonly channels?: readonly Channel[];
  /** Left out or null: everything. */
  readonly category?: string | null;
}

/**
 * Add a do-not-call entry (勿扰名单). One that exists for the same number, list and scope is made to reach at
 * least as far: an earlier start, a later end and more channels win, and of two categories neither limits it, since an
 * entry only ever narrows what may be dialled.
 */
export async function upsertSuppression(
  tx: Tx,
  input: SuppressionInput,
  recorded: { at: EpochMs; by: string },
): Promise<{ id: string; created: boolean }> {
  const rows = await tx.query<{ id: string; created: boolean }>(
    `INSERT INTO suppressions AS s (tenant_id, id, number_hash, list, scope, campaign_id, purpose, source,
                                    requested_by_person, valid_from, valid_until, recorded_at, recorded_by,
                                    channels, category)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     ON CONFLICT (tenant_id, number_hash, list, scope, campaign_id, purpose) DO UPDATE SET
       valid_from = LEAST(s.valid_from, excluded.valid_from),
       valid_until = CASE WHEN s.valid_until IS NULL OR excluded.valid_until IS NULL THEN NULL
                          ELSE GREATEST(s.valid_until, excluded.valid_until) END,
       requested_by_person = s.requested_by_person OR excluded.requested_by_person,
       channels = CASE WHEN s.channels = '{}' OR excluded.channels = '{}' THEN '{}'
                       ELSE ARRAY(SELECT DISTINCT c FROM unnest(s.channels || excluded.channels) AS c ORDER BY c) END,
       category = CASE WHEN s.category = excluded.category THEN s.category END
     RETURNING s.id, (s.xmax = 0) AS created`,
    [
      tx.tenantId,
      uuidv7(),
      input.numberHash,
      input.list,
      input.scope,
      input.campaignId,
      input.purpose,
      input.source,
      input.requestedByPerson,
      toIso(input.validFrom),
      input.validUntil === null ? null : toIso(input.validUntil),
      toIso(recorded.at),
      recorded.by,
      input.channels ?? [],
      input.category ?? null,
    ],
  );
  return rows[0]!;
}

/** Entries that name a number, newest first. */
export async function suppressionsOfNumber(
  tx: Tx,
  numberHash: Buffer,
  limit: number,
): Promise<SuppressionRow[]> {
  return tx.orm
    .select()
    .from(suppressions)
    .where(and(eq(suppressions.tenantId, tx.tenantId), eq(suppressions.numberHash, numberHash)))
    .orderBy(desc(suppressions.id))
    .limit(limit);
}

export interface SuppressionQuery {
  readonly list: string | null;
  readonly scope: SuppressionScope | null;
  readonly campaignId: string | null;
  readonly purpose: Purpose | null;
  /** As it stands at `at`. */
  readonly state: 'active' | 'ended' | 'upcoming' | null;
  readonly requestedByPerson: boolean | null;
  /** Oldest first; ids sort by when they were recorded. */
  readonly ascending: boolean;
  readonly at: EpochMs;
  /** Id of the last one that the page before looked at. */
  readonly after: string | null;
  readonly limit: number;
}

/** Entries looked through for one page, however rare what is asked for (as SCANNED_MAX of pages.ts). */
const SCANNED_MAX = 5_000;

/**
 * One page of entries, read from one index by id: that of the list, of the narrow scopes, of those that end, or of all.
 * Whatever else is asked for is held against each row read, of which there are so many at most.
 * @returns `next`: the id from which the next page goes on; null: there is none
 */
export async function pageOfSuppressions(
  tx: Tx,
  query: SuppressionQuery,
): Promise<{ rows: SuppressionRow[]; next: string | null }> {
  const at = toIso(query.at);
  // What an index answers by itself. A campaign's or a purpose's entries all have that scope.
  const scope = query.campaignId !== null ? 'campaign' : query.purpose !== null ? 'purpose' : query.scope;
  const isNarrow = scope === 'campaign' || scope === 'purpose';
  // One index a page: asked for two things, the planner would walk the one in search of the other.
  const byEnd = query.state === 'ended';
  const within = and(
    eq(suppressions.tenantId, tx.tenantId),
    query.list === null || byEnd ? undefined : eq(suppressions.list, query.list),
    isNarrow && query.list === null && !byEnd
      ? sql`${suppressions.scope} = ${scope} AND ${suppressions.scope} IN ('campaign', 'purpose')`
      : undefined,
    byEnd ? sql`${suppressions.validUntil} IS NOT NULL` : undefined,
    query.after === null ? undefined : (query.ascending ? gt : lt)(suppressions.id, query.after),
  );
  const order = query.ascending ? asc(suppressions.id) : desc(suppressions.id);
  const scanned = tx.orm
    .select()
    .from(suppressions)
    .where(within)
    .orderBy(order)
    .limit(SCANNED_MAX)
    .as('scanned');
  const rows = await tx.orm
    .select()
    .from(scanned)
    .where(
      and(
        query.list === null ? undefined : eq(scanned.list, query.list),
        query.scope === null ? undefined : eq(scanned.scope, query.scope),
        query.campaignId === null ? undefined : eq(scanned.campaignId, query.campaignId),
        query.purpose === null ? undefined : eq(scanned.purpose, query.purpose),
        query.requestedByPerson === null ? undefined : eq(scanned.requestedByPerson, query.requestedByPerson),
        query.state === 'active'
          ? sql`${scanned.validFrom} <= ${at} AND (${scanned.validUntil} IS NULL OR ${scanned.validUntil} > ${at})`
          : undefined,
        query.state === 'ended' ? sql`${scanned.validUntil} <= ${at}` : undefined,
        query.state === 'upcoming' ? sql`${scanned.validFrom} > ${at}` : undefined,
      ),
    )
    .orderBy(query.ascending ? asc(scanned.id) : desc(scanned.id))
    .limit(query.limit + 1);
  if (rows.length > query.limit) return { rows: rows.slice(0, query.limit), next: rows[query.limit - 1]!.id };
  const [end] = await tx.orm
    .select({ id: suppressions.id })
    .from(suppressions)
    .where(within)
    .orderBy(order)
    .offset(SCANNED_MAX - 1)
    .limit(1);
  return { rows, next: end?.id ?? null };
}

/** The lists there are, by name; of the entries of each at most `limit` + 1 are counted; null: all of them. */
export async function suppressionListsHeld(
  tx: Tx,
  limit: number | null,
): Promise<{ list: string; asOf: EpochMs | null; entries: number }[]> {
  // The names by a skip scan, one probe each, however many entries there are.
  return tx.query(
    `WITH RECURSIVE named AS (
       (SELECT list FROM suppressions WHERE tenant_id = $1 ORDER BY list LIMIT 1)
       UNION ALL
       SELECT (SELECT s.list FROM suppressions s WHERE s.tenant_id = $1 AND s.list > named.list ORDER BY s.list LIMIT 1)
       FROM named WHERE named.list IS NOT NULL),
     names AS (SELECT list FROM named WHERE list IS NOT NULL
               UNION SELECT list FROM suppression_lists WHERE tenant_id = $1)
     SELECT n.list, l.as_of AS "asOf",
            (SELECT count(*) FROM (SELECT 1 FROM suppressions s WHERE s.tenant_id = $1 AND s.list = n.list
                                   LIMIT $2) AS counted) AS entries
     FROM names n LEFT JOIN suppression_lists l ON l.tenant_id = $1 AND l.list = n.list
     ORDER BY n.list`,
    [tx.tenantId, limit === null ? null : limit + 1],
  );
}

export async function suppressionById(tx: Tx, id: string): Promise<SuppressionRow | null> {
  const rows = await tx.orm.select().from(suppressions).where(isEntry(tx, id));
  return rows[0] ?? null;
}

/** The same, and nobody else changes it before this transaction ends. */
export async function lockSuppression(tx: Tx, id: string): Promise<SuppressionRow | null> {
  const rows = await tx.orm.select().from(suppressions).where(isEntry(tx, id)).for('no key update');
  return rows[0] ?? null;
}

/** Let an entry end at `at`; the row stays as evidence. An entry that ended earlier keeps its end. */
export async function endSuppression(tx: Tx, id: string, at: EpochMs): Promise<SuppressionRow | null> {
  const rows = await tx.query<{ id: string }>(
    `UPDATE suppressions SET valid_until = LEAST(coalesce(valid_until, 'infinity'), GREATEST($3, valid_from))
     WHERE tenant_id = $1 AND id = $2 RETURNING id`,
    [tx.tenantId, id, toIso(at)],
  );
  return rows[0] === undefined ? null : suppressionById(tx, id);
}

function isEntry(tx: Tx, id: string) {
  return and(eq(suppressions.tenantId, tx.tenantId), eq(suppressions.id, id));
}
