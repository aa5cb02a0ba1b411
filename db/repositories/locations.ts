import type { LocationEvidence } from '../../domain/facts.ts';
import type { Tx } from '../client.ts';
import { cohortOf } from './hopper.ts';

/**
 * Add evidence of where the person's primary number is. Evidence is only ever added; what says the same from the same
 * source is there already. Waiting contacts go into the cohort of their new candidates.
 * @returns all that is on record, and how much was new; null: the person has no number.
 */
export async function addLocations(
  tx: Tx,
  personId: string,
  evidence: readonly LocationEvidence[],
): Promise<{ locations: readonly LocationEvidence[]; added: number } | null> {
  const [number] = await tx.query<{
    number_hash: Buffer;
    country: string | null;
    locations: LocationEvidence[];
  }>(
    `SELECT number_hash, country, locations FROM person_numbers
     WHERE tenant_id = $1 AND person_id = $2 AND is_primary FOR NO KEY UPDATE`,
    [tx.tenantId, personId],
  );
  if (number === undefined) return null;
  const there = new Set(number.locations.map(placeKey));
  const added = evidence.filter((one) => !there.has(placeKey(one)));
  const locations = [...number.locations, ...added];
  if (added.length === 0) return { locations, added: 0 };
  await tx.query('UPDATE person_numbers SET locations = $3 WHERE tenant_id = $1 AND number_hash = $2', [
    tx.tenantId,
    number.number_hash,
    JSON.stringify(locations),
  ]);
  await tx.query(
    `UPDATE contacts SET cohort = $3 WHERE tenant_id = $1 AND person_id = $2 AND state = 'waiting'`,
    [tx.tenantId, personId, cohortOf(number.country, locations)],
  );
  return { locations, added: added.length };
}

/** Equal for evidence that says the same from the same source, whenever it was recorded. */
export function placeKey(of: { source: string; jurisdiction: string | null; zone: string | null }): string {
  return `${of.source} ${of.jurisdiction ?? ''} ${of.zone ?? ''}`;
}
