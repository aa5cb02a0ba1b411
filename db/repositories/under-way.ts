import { toIso, type EpochMs } from '../../domain/time.ts';
import { lockExclusive } from '../locks.ts';
import type { Tx } from '../client.ts';

/** Attempts that have a permit, or may have reached the carrier, and whose result is not known yet. */
const UNDER_WAY = `a.reported_real IS NULL AND a.state IN ('claimed', 'sending', 'sent', 'unknown')`;

/**
 * Numbers with an attempt under way that stand on a do-not-call list. Gate passes that began before the list was
 * stored are waited for first (the tenant's lock), so that none of them is overlooked; those that begin later see
 * the list themselves.
 */
export async function numbersUnderWayOnList(
  tx: Tx,
  list: string,
  at: EpochMs,
): Promise<{ numberHash: Buffer; personId: string }[]> {
  await lockExclusive(tx, 'tenant', tx.tenantId);
  return tx.query(
    `SELECT DISTINCT a.number_hash AS "numberHash", a.person_id AS "personId"
     FROM attempts a
     JOIN suppressions s ON s.tenant_id = a.tenant_id AND s.number_hash = a.number_hash AND s.list = $2
     WHERE a.tenant_id = $1 AND ${UNDER_WAY} AND s.valid_from <= $3 AND (s.valid_until IS NULL OR s.valid_until > $3)
       AND (s.campaign_id IS NULL OR s.campaign_id = a.campaign_id) AND (s.purpose IS NULL OR s.purpose = a.purpose)`,
    [tx.tenantId, list, toIso(at)],
  );
}

/** Those of these persons who have an attempt under way. */
export async function personsUnderWay(tx: Tx, personIds: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ personId: string }>(
    `SELECT DISTINCT a.person_id AS "personId" FROM attempts a
     WHERE a.tenant_id = $1 AND ${UNDER_WAY} AND a.person_id = ANY ($2::uuid[])`,
    [tx.tenantId, personIds],
  );
  return rows.map((row) => row.personId);
}
