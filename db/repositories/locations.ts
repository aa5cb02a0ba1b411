import { v5 as uuidv5 } from 'uuid';
import { isStatedSource, type LocationEvidence } from '../../domain/facts.ts';
import type { Tx } from '../client.ts';
import { CALLED_NUMBER } from './called-number.ts';
import { cohortOf } from './hopper.ts';

/**
 * Add evidence of where the person is to every number that they may be called at, beside what is there; what says the same
 * from the same source is there already. Waiting contacts go into the cohort of their new candidates.
 * @returns all that is on record of the primary number, and how much was new to it; null: the person has no number.
 */
export async function addLocations(
  tx: Tx,
  personId: string,
  evidence: readonly LocationEvidence[],
): Promise<{ locations: readonly LocationEvidence[]; added: number } | null> {
  const numbers = await lockNumbers(tx, personId);
  if (numbers === null) return null;
  const results = [];
  for (const number of numbers) {
    const there = new Set(number.locations.map(placeKey));
    const added = evidence.filter((one) => !there.has(placeKey(one)));
    const locations = [...number.locations, ...added];
    if (added.length > 0) await writeLocations(tx, personId, number, locations);
    results.push({ locations, added: added.length });
  }
  return results[0]!;
}

/** All evidence of the person's primary number; null: the person has none, or is nobody. */
export async function locationsOf(tx: Tx, personId: string): Promise<readonly LocationEvidence[] | null> {
  const [number] = await tx.query<Pick<OwnNumber, 'locations'>>(
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
  const numbers = await lockNumbers(tx, personId);
  if (numbers === null) return null;
  const number = numbers[0]!;
  const idOf = (one: LocationEvidence) => locationId(personId, one);
  const retracted = number.locations.filter((one) => ids.has(idOf(one)));
  const there = new Set(retracted.map(idOf));
  const missing = new Set([...ids].filter((id) => !there.has(id)));
  const ofNumber = new Set(retracted.filter(({ source }) => !isStatedSource(source)).map(idOf));
  if (missing.size > 0 || ofNumber.size > 0) {
    return { retracted: [], locations: number.locations, missing, ofNumber };
  }
  const kept = (of: OwnNumber) =>
    of.locations.filter((one) => !isStatedSource(one.source) || !ids.has(idOf(one)));
  for (const own of numbers) {
    if (kept(own).length < own.locations.length) await writeLocations(tx, personId, own, kept(own));
  }
  return { retracted, locations: kept(number), missing, ofNumber };
}

/** Names evidence by what it says, of one person: the same evidence again has the same id. */
export function locationId(personId: string, of: LocationEvidence): string {
  return uuidv5(placeKey(of), personId);
}

interface OwnNumber {
  readonly number_hash: Buffer;
  readonly country: string | null;
  readonly locations: LocationEvidence[];
}

/** The numbers that the person may be called at, the primary one first; null: they have none. */
async function lockNumbers(tx: Tx, personId: string): Promise<OwnNumber[] | null> {
  const numbers = await tx.query<OwnNumber & { readonly is_primary: boolean }>(
    `SELECT number_hash, country, locations, is_primary FROM person_numbers
     WHERE tenant_id = $1 AND person_id = $2 AND (is_primary OR further_place IS NOT NULL)
     ORDER BY is_primary DESC, further_place FOR NO KEY UPDATE`,
    [tx.tenantId, personId],
  );
  return numbers[0]?.is_primary === true ? numbers : null;
}

async function writeLocations(
  tx: Tx,
  personId: string,
  number: OwnNumber,
  locations: readonly LocationEvidence[],
): Promise<void> {
  await tx.query('UPDATE person_numbers SET locations = $3 WHERE tenant_id = $1 AND number_hash = $2', [
    tx.tenantId,
    number.number_hash,
    JSON.stringify(locations),
  ]);
  await tx.query(
    `UPDATE contacts c SET cohort = $3 FROM person_numbers n
     WHERE c.tenant_id = $1 AND c.person_id = $2 AND c.state = 'waiting'
       AND n.tenant_id = $1 AND n.person_id = $2 AND n.number_hash = $4 AND ${CALLED_NUMBER}`,
    [tx.tenantId, personId, cohortOf(number.country, locations), number.number_hash],
  );
}

/** Equal for evidence that says the same from the same source, whenever it was recorded. */
export function placeKey(of: { source: string; jurisdiction: string | null; zone: string | null }): string {
  return `${of.source} ${of.jurisdiction ?? ''} ${of.zone ?? ''}`;
}
