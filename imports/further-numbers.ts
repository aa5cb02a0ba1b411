import { placeKey } from '../db/repositories/locations.ts';
import type { PersonSealer } from '../db/vault/index.ts';
import type { EpochMs } from '../domain/time.ts';
import { locationsOf, type FurtherNumber, type NumberGroup } from './contact-batch.ts';
import type { KnownFurther } from './contact-lookups.ts';
import type { RowsToWrite } from './contact-statements.ts';
import { FURTHER_PHONES } from './columns.ts';
import { issue, type Issue } from './issues.ts';

/** Works out what to write of the further numbers of a batch's people; no I/O. */
export class FurtherNumbers {
  readonly #known: ReadonlyMap<string, KnownFurther>;
  readonly #knownOf = new Map<string, KnownFurther[]>();
  readonly #own: ReadonlySet<string>;
  readonly #given = new Map<string, string>();
  readonly #rows: RowsToWrite;
  readonly #issues: Issue[];
  readonly #now: EpochMs;

  constructor(of: {
    readonly groups: readonly NumberGroup[];
    readonly known: readonly KnownFurther[];
    readonly rows: RowsToWrite;
    readonly issues: Issue[];
    readonly now: EpochMs;
  }) {
    this.#known = new Map(of.known.map((one) => [one.numberHash.toString('latin1'), one]));
    for (const one of of.known) {
      const others = this.#knownOf.get(one.personId);
      if (others === undefined) this.#knownOf.set(one.personId, [one]);
      else others.push(one);
    }
    this.#own = new Set(of.groups.map(({ key }) => key));
    this.#rows = of.rows;
    this.#issues = of.issues;
    this.#now = of.now;
  }

  /** @returns whether something of it was not on record yet */
  add(group: NumberGroup, personId: string, sealer: PersonSealer): boolean {
    let changed = false;
    const named = new Set<string>();
    for (const further of group.further) {
      named.add(further.key);
      if (this.#isSomebodyElses(further, personId)) {
        const reason = 'is the number of somebody else; left out';
        const column = FURTHER_PHONES[further.place - 1]!;
        this.#issues.push(issue(further.line, column, further.e164, 'phone_taken', reason));
      } else if (this.#take(group, further, personId, sealer)) changed = true;
    }
    for (const known of this.#knownOf.get(personId) ?? []) {
      if (named.has(known.numberHash.toString('latin1'))) continue;
      // Where the person is, their other numbers are as well.
      if (this.#addPlaces(group, known, known.place)) changed = true;
    }
    return changed;
  }

  #isSomebodyElses({ key }: FurtherNumber, personId: string): boolean {
    const owner = this.#given.get(key) ?? this.#known.get(key)?.personId;
    return this.#own.has(key) || (owner !== undefined && owner !== personId);
  }

  #take(group: NumberGroup, further: FurtherNumber, personId: string, sealer: PersonSealer): boolean {
    if (this.#given.has(further.key)) return false;
    this.#given.set(further.key, personId);
    const { hash, place, country, numberType } = further;
    const known = this.#known.get(further.key);
    if (known !== undefined) return this.#addPlaces(group, known, place);
    this.#rows.further.push({
      ...{ hash, personId, place, country, numberType },
      sealedNumber: sealer.sealNumber(further.e164),
      locations: JSON.stringify(locationsOf({ located: further.located, contact: group.contact }, this.#now)),
    });
    return true;
  }

  #addPlaces(
    { contact }: Pick<NumberGroup, 'contact'>,
    { numberHash, personId, isPrimary, place: before, locations: there }: KnownFurther,
    place: number | null,
  ): boolean {
    // Their primary number already, or one that took its place: it is looked after as such.
    if (isPrimary) return false;
    const keys = new Set(there.map(placeKey));
    // What a prefix says is of the number that was named, and not of this one.
    const stated = locationsOf({ contact, located: [] }, this.#now);
    const added = stated.filter((location) => !keys.has(placeKey(location)));
    if (added.length === 0 && place === before) return false;
    const locations = JSON.stringify([...there, ...added]);
    this.#rows.furtherKnown.push({ hash: numberHash, personId, place, locations });
    return true;
  }
}
