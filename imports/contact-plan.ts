import { newId } from './ids.ts';
import { cohortOf } from '../db/repositories/hopper.ts';
import { placeKey } from '../db/repositories/locations.ts';
import type { Attributes, PersonSealer, Profile } from '../db/vault/index.ts';
import type { LocationEvidence } from '../domain/facts.ts';
import type { Matter } from '../domain/matter.ts';
import { withStated } from '../domain/stated-matter.ts';
import type { EpochMs } from '../domain/time.ts';
import { isTerminalContactState, type ContactState } from '../domain/vocabulary.ts';
import { isEmpty, locationsOf, statesPlace, type NumberGroup, type SealedPerson } from './contact-batch.ts';
import type { KnownContact, KnownFurther, KnownNumber } from './contact-lookups.ts';
import type { Known, Place } from './contact-places.ts';
import { emptyRows, type RowsToWrite } from './contact-statements.ts';
import { consentDedupeKey } from './consents.ts';
import { FurtherNumbers } from './further-numbers.ts';
import { issue, type Issue } from './issues.ts';
import { mergeFields } from './merge.ts';

/** What storing a batch did, to be added to the import's counts. */
export interface BatchCounts {
  duplicates: number;
  /** Rows whose person was erased; they were not taken. */
  erased: number;
  created: number;
  updated: number;
  unchanged: number;
  /** Contacts of the file that had come to their end in this campaign; left as they are. */
  final: number;
}

/** A default in the middle: there is room to move contacts up and down. */
const PRIORITY_DEFAULT = 5;
/** First rank of contacts that were never called (db/schema/contacts.ts). */
const FRESH_RANK = 20;

/** A known person while the batch is worked out; several of the batch's numbers may be theirs. */
interface OpenPerson {
  readonly sealer: PersonSealer;
  profile: Profile;
  profileChanged: boolean;
  contact: OpenContact | null;
}

interface OpenContact {
  readonly id: string;
  readonly isNew: boolean;
  readonly final: boolean;
  externalId: string | null;
  attributes: Attributes;
  readonly sealedBefore: Buffer | null;
  attributesChanged: boolean;
  priority: number;
  matter: Matter | null;
  /** An earlier batch of this file has named, and so counted it. */
  readonly counted: boolean;
  /** This file has named it before. */
  seen: boolean;
  changed: boolean;
}

export interface BatchPlan {
  readonly rows: RowsToWrite;
  readonly counts: BatchCounts;
  readonly issues: Issue[];
}

/**
 * Work out what to write for a batch; no I/O.
 * @param sealed by group; needed for new persons.
 * @param sealers by person id; a known person without one was erased.
 */
export function planBatch(input: {
  groups: readonly NumberGroup[];
  places: readonly Place[];
  sealed: readonly (SealedPerson | null)[];
  sealers: ReadonlyMap<string, PersonSealer>;
  known: Known;
  further: readonly KnownFurther[];
  importId: string;
  now: EpochMs;
}): BatchPlan {
  const { known, importId, now } = input;
  const counts: BatchCounts = { duplicates: 0, erased: 0, created: 0, updated: 0, unchanged: 0, final: 0 };
  const issues: Issue[] = [];
  const rows = emptyRows();
  const furtherNumbers = new FurtherNumbers({
    ...{ groups: input.groups, known: input.further },
    ...{ rows, issues, now },
  });
  const people = new Map<string, OpenPerson>();
  const givenExternalIds = new Set<string>();
  const locationsWritten = new Map<readonly LocationEvidence[], string>();
  const cohortsFound = new Map<readonly LocationEvidence[], string>();

  for (const [i, group] of input.groups.entries()) {
    const place = input.places[i]!;
    const sealed = input.sealed[i] ?? null;
    const sealer = place.kind === 'known' ? input.sealers.get(place.personId) : undefined;
    if (place.kind === 'new' && sealed !== null) takeNew(group, sealed);
    else if (place.kind === 'known' && sealer !== undefined) takeKnown(group, place, sealer);
    else refuseErased(group);
  }
  for (const [personId, person] of people) flush(personId, person);
  return { rows, counts, issues };

  function refuseErased(group: NumberGroup): void {
    counts.erased += group.rows;
    const reason = 'belongs to a person whose data were erased; nothing about them is taken in again';
    issues.push(issue(group.line, 'phone', group.e164, 'person_erased', reason));
  }

  /** The external id, unless another contact of the campaign has it. */
  function externalIdFor(group: NumberGroup): string | null {
    const id = group.contact.externalId;
    if (id === null) return null;
    if (!known.byExternalId.has(id) && !givenExternalIds.has(id)) {
      givenExternalIds.add(id);
      return id;
    }
    const reason =
      'belongs to another contact of this campaign with another number; this contact was stored without it';
    issues.push(issue(group.line, 'external_id', id, 'external_id_taken', reason));
    return null;
  }

  function addConsents(group: NumberGroup, personId: string): void {
    for (const consent of group.contact.consents) {
      rows.consents.push({ id: newId(), personId, consent, dedupeKey: consentDedupeKey(personId, consent) });
      if (consent.kind === 'withdrawal') rows.withdrawn.add(personId);
    }
  }

  function addNumber(group: NumberGroup, personId: string, sealedNumber: Buffer): void {
    rows.numbers.push({
      hash: group.hash,
      personId,
      sealedNumber,
      country: group.country,
      numberType: group.numberType,
      locations: locationsJson(group),
    });
  }

  function locationsJson(group: NumberGroup): string {
    if (statesPlace(group.contact)) return JSON.stringify(locationsOf(group, now));
    // Numbers of one prefix share their locations, so most of a batch is written from a few.
    let json = locationsWritten.get(group.located);
    if (json === undefined) locationsWritten.set(group.located, (json = JSON.stringify(group.located)));
    return json;
  }

  function cohortOfGroup(group: NumberGroup): string {
    if (statesPlace(group.contact)) return cohortOf(group.country, locationsOf(group, now));
    let cohort = cohortsFound.get(group.located);
    if (cohort === undefined)
      cohortsFound.set(group.located, (cohort = cohortOf(group.country, group.located)));
    return cohort;
  }

  function takeNew(group: NumberGroup, sealed: SealedPerson): void {
    const { personId } = sealed.sealer;
    rows.persons.push({ id: personId, profile: sealed.profile });
    addNumber(group, personId, sealed.number);
    addContact(
      sealed.contactId,
      personId,
      externalIdFor(group),
      sealed.attributes,
      group.contact.priority ?? PRIORITY_DEFAULT,
      group.contact.matter === null ? null : withStated(null, group.contact.matter),
      cohortOfGroup(group),
    );
    furtherNumbers.add(group, personId, sealed.sealer);
    addConsents(group, personId);
    counts.duplicates += group.rows - 1;
  }

  function addContact(
    id: string,
    personId: string,
    externalId: string | null,
    attributes: Buffer | null,
    priority: number,
    matter: Matter | null,
    // Of somebody there is already: the pacer finds it out when it first looks at the contact.
    cohort = '',
  ): void {
    rows.contacts.push({
      id,
      personId,
      externalId,
      attributes,
      priority,
      rank: FRESH_RANK + 9 - priority,
      cohort,
      matter: jsonOrNull(matter),
    });
    counts.created += 1;
  }

  function takeKnown(group: NumberGroup, place: Place & { kind: 'known' }, sealer: PersonSealer): void {
    const person = openPerson(place, sealer);
    const contact = (person.contact ??= newContact());
    counts.duplicates += contact.seen ? group.rows : group.rows - 1;
    contact.seen = true;
    addConsents(group, place.personId);
    if (place.number === null) {
      rows.correctedPersons.push(place.personId);
      addNumber(group, place.personId, sealer.sealNumber(group.e164));
      contact.changed = true;
    } else if (addPlaces(group, place.number)) contact.changed = true;
    if (furtherNumbers.add(group, place.personId, sealer)) contact.changed = true;
    const profile = mergeFields(person.profile, group.contact.profile);
    if (profile !== person.profile) {
      person.profile = profile;
      person.profileChanged = true;
      contact.changed = true;
    }
    if (!contact.final) mergeIntoContact(group, contact);
  }

  function mergeIntoContact(group: NumberGroup, contact: OpenContact): void {
    const attributes = mergeFields(contact.attributes, group.contact.attributes);
    if (attributes !== contact.attributes) {
      contact.attributes = attributes;
      contact.attributesChanged = true;
      contact.changed = true;
    }
    const priority = group.contact.priority ?? contact.priority;
    const externalId = contact.externalId ?? externalIdFor(group);
    if (priority !== contact.priority || externalId !== contact.externalId) contact.changed = true;
    if (group.contact.matter !== null) {
      const matter = withStated(contact.matter, group.contact.matter);
      if (matter !== contact.matter) contact.changed = true;
      contact.matter = matter;
    }
    contact.priority = priority;
    contact.externalId = externalId;
  }

  function openPerson(place: Place & { kind: 'known' }, sealer: PersonSealer): OpenPerson {
    let person = people.get(place.personId);
    if (person === undefined) {
      person = {
        sealer,
        profile: place.profile === null ? {} : sealer.openProfile(place.profile),
        profileChanged: false,
        contact: place.contact === null ? null : openContact(place.contact, sealer),
      };
      people.set(place.personId, person);
    }
    return person;
  }

  function newContact(): OpenContact {
    return {
      id: newId(),
      isNew: true,
      final: false,
      externalId: null,
      attributes: {},
      sealedBefore: null,
      attributesChanged: false,
      priority: PRIORITY_DEFAULT,
      matter: null,
      counted: false,
      seen: false,
      changed: false,
    };
  }

  function openContact(contact: KnownContact, sealer: PersonSealer): OpenContact {
    return {
      id: contact.id,
      isNew: false,
      final: isTerminalContactState(contact.state as ContactState) && !contact.leftOut,
      externalId: contact.externalId,
      attributes: contact.attributes === null ? {} : sealer.openAttributes(contact.id, contact.attributes),
      sealedBefore: contact.attributes,
      attributesChanged: false,
      priority: contact.priority,
      matter: contact.matter,
      counted: contact.importId === importId,
      seen: contact.importId === importId,
      changed: false,
    };
  }

  /**
   * Places are only ever added: every candidate must allow a call, so more of them never allow more (I4). Those of the
   * prefix too, since the tables may tell more than when the number was first taken in.
   */
  function addPlaces(group: NumberGroup, number: KnownNumber): boolean {
    const there = new Set(number.locations.map(placeKey));
    const added = locationsOf(group, now).filter((location) => !there.has(placeKey(location)));
    if (added.length === 0) return false;
    const locations = JSON.stringify([...number.locations, ...added]);
    rows.locations.push({ hash: group.hash, locations });
    return true;
  }

  function flush(personId: string, person: OpenPerson): void {
    const { contact, sealer } = person;
    if (person.profileChanged) {
      rows.profiles.push({ personId, profile: sealer.sealProfile(person.profile) });
    }
    if (contact === null) return;
    const attributes = contact.attributesChanged
      ? isEmpty(contact.attributes)
        ? null
        : sealer.sealAttributes(contact.id, contact.attributes)
      : contact.sealedBefore;
    if (contact.isNew) {
      addContact(contact.id, personId, contact.externalId, attributes, contact.priority, contact.matter);
      return;
    }
    if (contact.changed && !contact.final) {
      rows.updates.push({
        id: contact.id,
        externalId: contact.externalId,
        attributes,
        priority: contact.priority,
        matter: jsonOrNull(contact.matter),
      });
    } else if (!contact.counted) rows.seen.push(contact.id);
    // Counted once a file: what an earlier batch of it touched was counted there.
    if (contact.counted) return;
    if (contact.final) counts.final += 1;
    else if (contact.changed) counts.updated += 1;
    else counts.unchanged += 1;
  }
}

function jsonOrNull(matter: Matter | null): string | null {
  return matter === null ? null : JSON.stringify(matter);
}
