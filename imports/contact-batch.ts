import { setImmediate as turn } from 'node:timers/promises';
import { newId } from './ids.ts';
import type { PersonSealer, Vault } from '../db/vault/index.ts';
import { STATED_CONFIDENCE, type LocationEvidence } from '../domain/facts.ts';
import type { EpochMs } from '../domain/time.ts';
import { readContactRow, type ContactRow, type ContactRowContext } from './contact-rows.ts';
import type { Issue } from './issues.ts';
import { mergeContacts, type StatedContact } from './merge.ts';
import type { BrokenRow, Row } from './rows.ts';

/** A further number of a person, as rows state it. */
export interface FurtherNumber {
  readonly hash: Buffer;
  /** `hash` as a map's key. */
  readonly key: string;
  readonly e164: string;
  readonly place: number;
  readonly line: number;
  readonly country: string | null;
  readonly numberType: string;
  readonly located: readonly LocationEvidence[];
}

/** The rows of a batch that name one number, merged. */
export interface NumberGroup {
  readonly hash: Buffer;
  /** `hash` as a map's key. */
  readonly key: string;
  readonly e164: string;
  readonly line: number;
  /** Valid rows of the batch that name it. */
  rows: number;
  /** By place; the later row wins. */
  further: readonly FurtherNumber[];
  contact: StatedContact;
  readonly country: string | null;
  readonly numberType: string;
  readonly located: readonly LocationEvidence[];
}

/** Everything that must be made before a person's rows can be written. */
export interface SealedPerson {
  readonly contactId: string;
  readonly sealer: PersonSealer;
  readonly number: Buffer;
  readonly profile: Buffer | null;
  readonly attributes: Buffer | null;
}

export interface ContactBatch {
  /** Rows of the file in this batch. */
  readonly rows: number;
  readonly valid: number;
  readonly consented: number;
  readonly issues: Issue[];
  readonly groups: readonly NumberGroup[];
  /** By group, sealed ahead in the belief that the number is new; null where that was not done. */
  readonly sealed: readonly (SealedPerson | null)[];
}

export interface PrepareDeps {
  readonly tenantId: string;
  readonly vault: Vault;
  readonly rowContext: ContactRowContext;
}

/** Rows between two turns of the event loop, so that the database's answers to the batch before are not kept waiting. */
const ROWS_A_TURN = 100;

/**
 * All that needs no transaction: numbers, merging within the batch and, when the numbers are likely new, keys and
 * sealing. It runs while the database stores the batch before.
 */
export async function prepareBatch(
  deps: PrepareDeps,
  rows: readonly (Row | BrokenRow)[],
  expectNew: boolean,
): Promise<ContactBatch> {
  const issues: Issue[] = [];
  const groups = new Map<string, NumberGroup>();
  let valid = 0;
  let consented = 0;
  for (const [i, row] of rows.entries()) {
    if (i % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
    const read = readContactRow(row, deps.rowContext, issues);
    if (read === null) continue;
    valid += 1;
    if (read.consented) consented += 1;
    const { e164 } = read;
    const hash = deps.vault.numberHash(deps.tenantId, e164);
    const key = hash.toString('latin1');
    const further = furtherOf(deps, read);
    const group = groups.get(key);
    if (group === undefined) {
      const { country, type, locations } = read.location;
      groups.set(key, {
        hash,
        key,
        e164,
        line: read.line,
        rows: 1,
        further,
        contact: read.contact,
        country,
        numberType: type,
        located: locations,
      });
    } else {
      group.rows += 1;
      if (further.length > 0) {
        const later = new Set(further.flatMap(({ place, key: one }) => [place, one]));
        const kept = group.further.filter(({ place, key: one }) => !later.has(place) && !later.has(one));
        group.further = [...kept, ...further];
      }
      group.contact = mergeContacts(group.contact, read.contact);
    }
  }
  const list = [...groups.values()];
  return {
    rows: rows.length,
    valid,
    consented,
    issues,
    groups: list,
    sealed: expectNew ? await sealGroups(deps, list) : list.map(() => null),
  };
}

const NO_NUMBERS: readonly FurtherNumber[] = [];

function furtherOf(
  { tenantId, vault }: PrepareDeps,
  { line, further }: ContactRow,
): readonly FurtherNumber[] {
  if (further.length === 0) return NO_NUMBERS;
  return further.map(({ place, e164, location }) => {
    const hash = vault.numberHash(tenantId, e164);
    const { country, type: numberType, locations: located } = location;
    return { hash, key: hash.toString('latin1'), e164, place, line, country, numberType, located };
  });
}

/** Keys first, stored: a person's row must never stand without its key. Keys that end up unused are harmless. */
export async function sealGroups(
  deps: Pick<PrepareDeps, 'tenantId' | 'vault'>,
  groups: readonly NumberGroup[],
): Promise<SealedPerson[]> {
  if (groups.length === 0) return [];
  const sealers = await deps.vault.createPersonKeys(
    deps.tenantId,
    groups.map(() => newId()),
  );
  const sealed: SealedPerson[] = [];
  for (const [i, group] of groups.entries()) {
    if (i % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
    const sealer = sealers[i]!;
    const contactId = newId();
    const { attributes, profile } = group.contact;
    sealed.push({
      contactId,
      sealer,
      number: sealer.sealNumber(group.e164),
      profile: isEmpty(profile) ? null : sealer.sealProfile(profile),
      attributes: isEmpty(attributes) ? null : sealer.sealAttributes(contactId, attributes),
    });
  }
  return sealed;
}

export function isEmpty(record: Readonly<Record<string, unknown>>): boolean {
  for (const _name in record) return false;
  return true;
}

/** Whether rows say more of where the person is than their number does. */
export function statesPlace({ zones, places }: StatedContact): boolean {
  return zones.length > 0 || places.length > 0;
}

/** Locations of a number: its prefix's, every zone the customer declared, and where their addresses are. */
export function locationsOf(
  group: Pick<NumberGroup, 'located' | 'contact'>,
  recordedAt: EpochMs,
): LocationEvidence[] {
  return [
    ...group.located,
    ...group.contact.zones.map((zone): LocationEvidence => ({
      jurisdiction: null,
      zone,
      source: 'declared',
      confidence: STATED_CONFIDENCE.declared,
      recordedAt,
    })),
    ...group.contact.places.map((place): LocationEvidence => ({
      ...place,
      confidence: STATED_CONFIDENCE[place.source],
      recordedAt,
    })),
  ];
}
