import type { Attributes, Profile } from '../db/vault/index.ts';
import { placeKey } from '../db/repositories/locations.ts';
import { mergeStated, type StatedMatter } from '../domain/stated-matter.ts';
import type { StatedConsent } from './consents.ts';

/** Where a file says that a person's address is. */
export interface StatedPlace {
  readonly source: 'address' | 'billing';
  /** ISO 3166-1 or 3166-2. */
  readonly jurisdiction: string;
  /** IANA name; null: the place has several, and the address does not say which. */
  readonly zone: string | null;
}

/** What a file says about one person in one campaign, from one row or several. */
export interface StatedContact {
  readonly externalId: string | null;
  readonly attributes: Attributes;
  readonly profile: Profile;
  /** 0 (last) to 9 (first); null: not stated. */
  readonly priority: number | null;
  /** IANA names as stated, each once, in order. */
  readonly zones: readonly string[];
  /** By their addresses, each once, in order. */
  readonly places: readonly StatedPlace[];
  readonly consents: readonly StatedConsent[];
  /** Null: nothing is said of it. */
  readonly matter: StatedMatter | null;
}

/**
 * The rule for the same person twice: the later non-empty value wins, field by field; the first external id stays;
 * every zone, place and consent is kept. Associative, so it does not matter where a file is cut into batches.
 */
export function mergeContacts(first: StatedContact, later: StatedContact): StatedContact {
  return {
    externalId: first.externalId ?? later.externalId,
    attributes: mergeFields(first.attributes, later.attributes),
    profile: mergeFields(first.profile, later.profile),
    priority: later.priority ?? first.priority,
    zones: [...new Set([...first.zones, ...later.zones])],
    places: mergePlaces(first.places, later.places),
    consents: [...first.consents, ...later.consents],
    matter: mergeStated(first.matter, later.matter),
  };
}

function mergePlaces(first: readonly StatedPlace[], later: readonly StatedPlace[]): readonly StatedPlace[] {
  if (later.length === 0) return first;
  return [...new Map([...first, ...later].map((place) => [placeKey(place), place])).values()];
}

/** The later non-empty value wins. @returns `first` itself when that changes nothing. */
export function mergeFields<T extends Readonly<Record<string, unknown>>>(first: T, later: T): T {
  let merged: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(later)) {
    if (value === '' || value === null || value === undefined) continue;
    if (JSON.stringify(first[name]) === JSON.stringify(value)) continue;
    merged ??= { ...first };
    merged[name] = value;
  }
  return (merged ?? first) as T;
}
