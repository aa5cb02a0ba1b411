import { v5 as uuidv5 } from 'uuid';
import { isStatedSource, type LocationEvidence } from '../../domain/facts.ts';
import type { Tx } from '../client.ts';
import { cohortOf } from './hopper.ts';

/**
 * Add evidence of where the person's primary number is, beside what is there; what says the same from the same source is
 * there already. Waiting contacts go into the cohort of their new candidates.
 * @returns all that is on record, and how much was new; null: the person has no number.
 */
export async function addLocations(
  tx: Tx,
  personId: string,
  evidence: readonly LocationEvidence[],
): Promise<{ locations: readonly LocationEvidence[]; added: number } | null> {
  const number = await lockPrimary(tx, personId);
  if (number === null) return null;
  const there = new Set(number.locations.map(placeKey));
  const added = evidence.filter((one) => !there.has(placeKey(one)));
  const locations = [...number.locations, ...added];
  if (added.length === 0) return { locations, added: 0 };
  await writeLocations(tx, personId, number, locations);
  return { locations, added: added.length };
}

/** All evidence of the person's primary number; null: the person has none, or is nobody. */
export async function locationsOf(tx: Tx, personId: string): Promise<readonly LocationEvidence[] | null> {
  const [number] = await tx.query<Pick<PrimaryNumber, 'locations'>>(
    'SELECT locations FROM person_numbers WHERE tenant_id = $1 AND person_id = $2 AND is_primary',
    [tx.tenantId, personId],
  );
  return number?.locations ?? null;
}

/**
 * Take stated evidence back: decisions do not see it from here on. What was on record until now stays in `fact_history`,
 * so that an earlier instant is told by it. All or nothing.
 * @returns what was taken back and what is left; null: the person has no number. `missing` are ids of no evidence, and
 * `ofNumber` of what the number itself says; where there are any, nothing was taken back.
 */
export async function retractLocations(
  tx: Tx,
  personId: string,
  ids: ReadonlySet<string>,
): Promise<{
  readonly retracted: readonly LocationEvidence[];
  readonly locations: readonly LocationEvidence[];
  readonly missing: ReadonlySet<string>;
  readonly ofNumber: ReadonlySet<string>;
} | null> {
  const number = await lockPrimary(tx, personId);
  if (number === null) return null;
  const idOf = (one: LocationEvidence) => locationId(personId, one);
  const retracted = number.locations.filter((one) => ids.has(idOf(one)));
  const there = new Set(retracted.map(idOf));
  const missing = new Set([...ids].filter((id) => !there.has(id)));
  const ofNumber = new Set(retracted.filter(({ source }) => !isStatedSource(source)).map(idOf));
  if (missing.size > 0 || ofNumber.size > 0) {
    return { retracted: [], locations: number.locations, missing, ofNumber };
  }
  const locations = number.locations.filter((one) => !ids.has(idOf(one)));
  await writeLocations(tx, personId, number, locations);
  return { retracted, locations, missing, ofNumber };
}

/** Names evidence by what it says, of one person: the same evidence again has the same id. */
export function locationId(personId: string, of: LocationEvidence): string {
  return uuidv5(placeKey(of), personId);
}

interface PrimaryNumber {
  readonly number_hash: Buffer;
  readonly country: string | null;
  readonly locations: LocationEvidence[];
}

async function lockPrimary(tx: Tx, personId: string): Promise<PrimaryNumber | null> {
  const [number] = await tx.query<PrimaryNumber>(
    `SELECT number_hash, country, locations FROM person_numbers
     WHERE tenant_id = $1 AND person_id = $2 AND is_primary FOR NO KEY UPDATE`,
    [tx.tenantId, personId],
  );
  return number ?? null;
}

async function writeLocations(
  tx: Tx,
  personId: string,
  number: PrimaryNumber,
  locations: readonly LocationEvidence[],
): Promise<void> {
  await tx.query('UPDATE person_numbers SET locations = $3 WHERE tenant_id = $1 AND number_hash = $2', [
    tx.tenantId,
    number.number_hash,
    JSON.stringify(locations),
  ]);
  await tx.query(
    `UPDATE contacts SET cohort = $3 WHERE tenant_id = $1 AND person_id = $2 AND state = 'waiting'`,
    [tx.tenantId, personId, cohortOf(number.country, locations)],
  );
}

/** Equal for evidence that says the same from the same source, whenever it was recorded. */
export function placeKey(of: { source: string; jurisdiction: string | null; zone: string | null }): string {
  return `${of.source} ${of.jurisdiction ?? ''} ${of.zone ?? ''}`;
}
