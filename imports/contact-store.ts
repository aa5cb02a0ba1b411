import type { Tx } from '../db/client.ts';
import type { Vault } from '../db/vault/index.ts';
import type { EpochMs } from '../domain/time.ts';
import { sealGroups, statesPlace, type ContactBatch, type NumberGroup } from './contact-batch.ts';
import { findByExternalId, findFurther, findNumbers } from './contact-lookups.ts';
import { placeGroups, type Known, type Place } from './contact-places.ts';
import { planBatch, type BatchCounts } from './contact-plan.ts';
import { writeRows } from './contact-statements.ts';
import type { Issue } from './issues.ts';

export interface StoreContext {
  readonly tx: Tx;
  readonly vault: Vault;
  readonly campaignId: string;
  readonly importId: string;
  readonly importedBy: string;
  /** Engine clock. */
  readonly now: EpochMs;
}

export interface StoredBatch {
  readonly counts: BatchCounts;
  readonly consentsRecorded: number;
  /** Those that only storing shows. */
  readonly issues: Issue[];
  /** Persons that were known before and for whom this batch records a withdrawal. */
  readonly withdrawn: string[];
}

/**
 * Store a batch in the transaction given, which holds the tenant's import lock: what is known is looked up, what is
 * new is inserted, what changed is updated.
 * @throws NumberTakenMeanwhile when the batch must be done again.
 */
export async function storeBatch(context: StoreContext, batch: ContactBatch): Promise<StoredBatch> {
  const { tx, vault } = context;
  const known = await lookUp(context, batch.groups);
  const places = placeGroups(batch.groups, known, context.importId);
  const missing = [...places.keys()].filter((i) => places[i]!.kind === 'new' && batch.sealed[i] === null);
  const sealedNow = await sealGroups(
    { tenantId: tx.tenantId, vault },
    missing.map((i) => batch.groups[i]!),
  );
  const sealed = [...batch.sealed];
  for (const [at, i] of missing.entries()) sealed[i] = sealedNow[at]!;
  const persons = new Set(places.flatMap((place) => (place.kind === 'known' ? [place.personId] : [])));
  const sealers = await vault.sealersOf(tx.tenantId, [...persons]);
  try {
    const { groups } = batch;
    const { importId, now } = context;
    const further = await lookUpFurther(tx, groups, places);
    const plan = planBatch({ groups, places, sealed, sealers, known, further, importId, now });
    const consentsRecorded = await writeRows(context, plan.rows);
    return {
      counts: plan.counts,
      consentsRecorded,
      issues: plan.issues,
      withdrawn: [...plan.rows.withdrawn].filter((personId) => persons.has(personId)),
    };
  } finally {
    for (const one of sealedNow) one.sealer.dispose();
    for (const sealer of sealers.values()) sealer.dispose();
  }
}

async function lookUp(context: StoreContext, groups: readonly NumberGroup[]): Promise<Known> {
  const { tx, campaignId } = context;
  const numbers = await findNumbers(
    tx,
    campaignId,
    groups.map((group) => group.hash),
  );
  const externalIds = groups.map((group) => group.contact.externalId).filter((id) => id !== null);
  const contacts = await findByExternalId(tx, campaignId, externalIds);
  return {
    byNumber: new Map(numbers.map((row) => [row.numberHash.toString('latin1'), row])),
    byExternalId: new Map(contacts.map((row) => [row.externalId!, row])),
  };
}

/** Nothing is asked where a batch names no further number, and says of nobody who is known where they are. */
async function lookUpFurther(tx: Tx, groups: readonly NumberGroup[], places: readonly Place[]) {
  const hashes = groups.flatMap(({ further }) => further.map(({ hash }) => hash));
  const placed = places.flatMap((place, i) =>
    place.kind === 'known' && statesPlace(groups[i]!.contact) ? [place.personId] : [],
  );
  return findFurther(tx, hashes, [...new Set(placed)]);
}
