import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { RANK } from './hopper.ts';

/**
 * Contacts of another campaign whom nobody ever reached: those that wait, were given up, were denied or stopped,
 * and never picked up. Who said anything (no, yes, not me), withdrew or is erased is not called again by a copy.
 */
const UNREACHED = `c.state IN ('waiting', 'exhausted', 'denied', 'stopped')
  AND c.state_reason IS DISTINCT FROM 'moved'
  AND NOT EXISTS (SELECT FROM attempts a WHERE a.tenant_id = c.tenant_id AND a.contact_id = c.id
                  AND (a.outcome = 'answered' OR a.disposition IS NOT NULL OR a.conversation))
  AND NOT EXISTS (SELECT FROM persons p WHERE p.tenant_id = c.tenant_id AND p.id = c.person_id
                  AND p.erased_real IS NOT NULL)`;

export interface UnreachedContact {
  readonly id: string;
  readonly personId: string;
  /** Sealed for the contact it belongs to; null when it has none. */
  readonly attributes: Buffer | null;
}

/** @returns how many there are, at most `limit`. */
export async function countUnreached(tx: Tx, campaignId: string, limit: number): Promise<number> {
  const rows = await tx.query<{ n: number }>(
    `SELECT count(*) AS n FROM (SELECT 1 FROM contacts c WHERE c.tenant_id = $1 AND c.campaign_id = $2 AND ${UNREACHED}
                                LIMIT $3) found`,
    [tx.tenantId, campaignId, limit],
  );
  return rows[0]!.n;
}

/** Some of them, by id. @param after id of the last one read; null: from the beginning. */
export async function readUnreached(
  tx: Tx,
  campaignId: string,
  after: string | null,
  limit: number,
): Promise<UnreachedContact[]> {
  return tx.query<UnreachedContact>(
    `SELECT c.id, c.person_id AS "personId", c.attributes FROM contacts c
     WHERE c.tenant_id = $1 AND c.campaign_id = $2 AND ($3::uuid IS NULL OR c.id > $3) AND ${UNREACHED}
     ORDER BY c.id LIMIT $4`,
    [tx.tenantId, campaignId, after, limit],
  );
}

/** Put copies of contacts into another campaign, as fresh ones due at once. */
export async function copyContacts(
  tx: Tx,
  toCampaignId: string,
  copies: readonly { readonly from: string; readonly id: string; readonly attributes: Buffer | null }[],
  at: EpochMs,
): Promise<void> {
  await tx.query(
    `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, external_id, attributes, state, rank, priority, cohort,
                           ready_at, admissions, attempts, counted_attempts, workflow_open, wake_pending, import_id,
                           created_at, updated_at, matter)
     SELECT $1, r.id, $2, c.person_id, c.external_id, r.attributes, 'waiting', ${RANK.fresh} + 9 - c.priority, c.priority,
            c.cohort, $3, 0, 0, 0, false, false, c.import_id, $3, $3, c.matter
     FROM unnest($4::uuid[], $5::uuid[], $6::bytea[]) AS r (from_id, id, attributes)
     JOIN contacts c ON c.tenant_id = $1 AND c.id = r.from_id`,
    [
      tx.tenantId,
      toCampaignId,
      toIso(at),
      copies.map((copy) => copy.from),
      copies.map((copy) => copy.id),
      copies.map((copy) => copy.attributes),
    ],
  );
}
