import { toIso, type EpochMs } from '../../domain/time.ts';
import type { AttemptState } from '../../domain/vocabulary.ts';
import type { Tx } from '../client.ts';
import type { ContactRow } from './contacts.ts';
import { rankOf } from './hopper.ts';

/** End a contact that is not final as `stopped`; its workflow is told. @returns false when it was final already. */
export async function endContact(
  tx: Tx,
  contactId: string,
  change: { readonly reason: string; readonly at: EpochMs },
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE contacts SET state = 'stopped', state_reason = $3, wake_pending = workflow_open, updated_at = $4
     WHERE tenant_id = $1 AND id = $2 AND state IN ('waiting', 'admitted') RETURNING 1`,
    [tx.tenantId, contactId, change.reason, toIso(change.at)],
  );
  return rows.length === 1;
}

/** An attempt of the contact that is being made or is up; none begins while the person's row is held. */
export async function openAttemptOf(
  tx: Tx,
  contactId: string,
): Promise<{ id: string; state: AttemptState } | null> {
  const rows = await tx.query<{ id: string; state: AttemptState }>(
    `SELECT id, state FROM attempts
     WHERE tenant_id = $1 AND contact_id = $2 AND state IN ('claimed', 'sending', 'sent', 'unknown') LIMIT 1`,
    [tx.tenantId, contactId],
  );
  return rows[0] ?? null;
}

/** Whether a campaign has the person, or another person under the customer's own id, already. */
export async function placeTaken(
  tx: Tx,
  campaignId: string,
  contact: { readonly personId: string; readonly externalId: string | null },
): Promise<'person' | 'externalId' | null> {
  const rows = await tx.query<{ same_person: boolean }>(
    `SELECT person_id = $3 AS same_person FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 AND (person_id = $3 OR external_id = $4)
     ORDER BY 1 DESC LIMIT 1`,
    [tx.tenantId, campaignId, contact.personId, contact.externalId],
  );
  if (rows[0] === undefined) return null;
  return rows[0].same_person ? 'person' : 'externalId';
}

/**
 * A fresh contact of the same person in another campaign, ready at once, or from `readyAt` on; attempts made before stay
 * with the old one and go on counting towards the person's caps (I5).
 */
export async function insertMovedContact(
  tx: Tx,
  from: ContactRow,
  to: {
    readonly id: string;
    readonly campaignId: string;
    readonly attributes: Buffer | null;
    readonly readyAt?: EpochMs;
  },
  at: EpochMs,
): Promise<void> {
  await tx.query(
    `INSERT INTO contacts (tenant_id, id, campaign_id, person_id, external_id, attributes, state, rank, priority, cohort,
                           ready_at, admissions, attempts, counted_attempts, workflow_open, wake_pending, created_at,
                           updated_at, matter)
     VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, $9, $12, 0, 0, 0, false, false, $10, $10, $11)`,
    [
      tx.tenantId,
      to.id,
      to.campaignId,
      from.personId,
      from.externalId,
      to.attributes,
      rankOf('fresh', from.priority),
      from.priority,
      from.cohort,
      toIso(at),
      from.matter,
      toIso(to.readyAt ?? at),
    ],
  );
}
