import type { LocationEvidence } from '../../domain/facts.ts';
import type { Statements } from '../client.ts';
import { cohortOf } from './hopper.ts';

/**
 * Which of a person's numbers a contact is called at: the one that its campaign's rules came to (`contacts.number_hash`), or
 * the primary. Condition on `person_numbers n`, of the person of `contacts c`.
 */
export const CALLED_NUMBER =
  'CASE WHEN c.number_hash IS NULL THEN n.is_primary ELSE n.number_hash = c.number_hash END';

/** A number of a person that may be called. */
export interface CallableNumber {
  readonly numberHash: Buffer;
  readonly country: string | null;
  readonly locations: LocationEvidence[];
}

/** Numbers of the person at which the contact was not called yet, in the order in which they are tried. */
export async function untriedNumbers(
  tx: Statements,
  personId: string,
  contactId: string,
): Promise<CallableNumber[]> {
  return tx.prepared<CallableNumber>(
    'untried_numbers',
    `SELECT n.number_hash AS "numberHash", n.country, n.locations FROM person_numbers n
     WHERE n.tenant_id = $1 AND n.person_id = $2 AND (n.is_primary OR n.further_place IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = $3
                         AND a.number_hash = n.number_hash AND a.outcome IS NOT NULL)
     ORDER BY n.is_primary DESC, n.further_place, n.number_hash`,
    [tx.tenantId, personId, contactId],
  );
}

/** The contact is called at this number from here on. The caller holds the person. */
export async function callAt(tx: Statements, contactId: string, number: CallableNumber): Promise<void> {
  await tx.prepared(
    'call_at_number',
    'UPDATE contacts SET number_hash = $3, cohort = $4 WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, contactId, number.numberHash, cohortOf(number.country, number.locations)],
  );
}
