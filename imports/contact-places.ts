import type { NumberGroup } from './contact-batch.ts';
import type { KnownContact, KnownNumber } from './contact-lookups.ts';

/** What the database knows about a batch's numbers and external ids. */
export interface Known {
  /** By the hash as `latin1` text. */
  readonly byNumber: ReadonlyMap<string, KnownNumber>;
  readonly byExternalId: ReadonlyMap<string, KnownContact>;
}

/** Where a group belongs: to a person there is, by its number or by the customer's id, or to a new one. */
export type Place =
  | { readonly kind: 'new' }
  | { readonly kind: 'erased' }
  | {
      readonly kind: 'known';
      readonly personId: string;
      /** Null: the person gets this number with this file. */
      readonly number: KnownNumber | null;
      readonly contact: KnownContact | null;
      readonly profile: Buffer | null;
    };

/** Decide for each group where it belongs; pure. */
export function placeGroups(groups: readonly NumberGroup[], known: Known, importId: string): Place[] {
  const moved = new Set<string>();
  return groups.map((group): Place => {
    const number = known.byNumber.get(group.key);
    if (number !== undefined) {
      const { personId, contact, profile } = number;
      return number.erased ? { kind: 'erased' } : { kind: 'known', personId, number, contact, profile };
    }
    const { externalId } = group.contact;
    const contact = externalId === null ? undefined : known.byExternalId.get(externalId);
    // The customer's id in a later file with another number: the person has a new number. Within one file it is
    // more likely no id at all, and must not make one person of many.
    if (contact === undefined || contact.importId === importId || moved.has(contact.id))
      return { kind: 'new' };
    moved.add(contact.id);
    if (contact.erased) return { kind: 'erased' };
    return { kind: 'known', personId: contact.personId, number: null, contact, profile: contact.profile };
  });
}
