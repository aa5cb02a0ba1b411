import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';

/**
 * Rows as they were known at an instant, from the history that triggers keep (schema/fact-history.ts). Parts of
 * statements: `$1` is the tenant, `known` a placeholder of the instant (engine clock; `infinity` for the present).
 */

/** What a row was, as columns over what it is (`was.was`): an empty object where it has not changed since. */
export function wasSql(kind: string, key: string, known: string, as = 'was'): string {
  return `LATERAL (SELECT coalesce((
            SELECT coalesce(h.was, '{"was_not":true}'::jsonb) FROM fact_history h
            WHERE h.tenant_id = $1 AND h.kind = '${kind}' AND h.key = ${key} AND h.until_at > ${known}
            ORDER BY h.until_at, h.id LIMIT 1), '{}'::jsonb) AS was) ${as}`;
}

/** Condition on `was`: the row was there. */
export const WAS_THERE = "NOT was.was ? 'was_not'";

/**
 * The first instant of which all is known; what was changed before it is known only as it was then. Null: all is, since
 * the tenant was there from the beginning of the history.
 */
export async function historyBegan(tx: Tx): Promise<EpochMs | null> {
  const rows = await tx.prepared<{ until_at: EpochMs }>(
    'fact_history_began',
    `SELECT until_at FROM fact_history WHERE tenant_id = $1 AND kind = 'history' AND key = 'begun'
     ORDER BY until_at DESC LIMIT 1`,
    [tx.tenantId],
  );
  return rows[0]?.until_at ?? null;
}

/** An instant as `known` has it; null: the present, whatever the clocks of other machines noted. */
export function knownAtValue(knownAt: EpochMs | null): string {
  return knownAt === null ? 'infinity' : toIso(knownAt);
}
