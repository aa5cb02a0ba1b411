import { and, desc, eq, lt } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Purpose, SuppressionScope } from '../../domain/vocabulary.ts';
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
}

/**
 * Add a do-not-call entry (勿扰名单). One that exists for the same number, list and scope is made to reach at
 * least as far: an earlier start and a later end win, since an entry only ever narrows what may be dialled.
 */
export async function upsertSuppression(
  tx: Tx,
  input: SuppressionInput,
  recorded: { at: EpochMs; by: string },
): Promise<{ id: string; created: boolean }> {
  const rows = await tx.query<{ id: string; created: boolean }>(
    `INSERT INTO suppressions AS s (tenant_id, id, number_hash, list, scope, campaign_id, purpose, source,
                                    requested_by_person, valid_from, valid_until, recorded_at, recorded_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     ON CONFLICT (tenant_id, number_hash, list, scope, campaign_id, purpose) DO UPDATE SET
       valid_from = LEAST(s.valid_from, excluded.valid_from),
       valid_until = CASE WHEN s.valid_until IS NULL OR excluded.valid_until IS NULL THEN NULL
                          ELSE GREATEST(s.valid_until, excluded.valid_until) END,
       requested_by_person = s.requested_by_person OR excluded.requested_by_person
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
    ],
  );
  return rows[0]!;
}

/** Newest first. @param before id of the last one seen. */
export async function listSuppressions(
  tx: Tx,
  query: { list: string | null; numberHash: Buffer | null; before: string | null; limit: number },
): Promise<SuppressionRow[]> {
  return tx.orm
    .select()
    .from(suppressions)
    .where(
      and(
        eq(suppressions.tenantId, tx.tenantId),
        query.list === null ? undefined : eq(suppressions.list, query.list),
        query.numberHash === null ? undefined : eq(suppressions.numberHash, query.numberHash),
        query.before === null ? undefined : lt(suppressions.id, query.before),
      ),
    )
    .orderBy(desc(suppressions.id))
    .limit(query.limit);
}

export async function suppressionById(tx: Tx, id: string): Promise<SuppressionRow | null> {
  const rows = await tx.orm.select().from(suppressions).where(isEntry(tx, id));
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
