import type { Attributes, Profile } from '../db/vault/index.ts';
import type { StatedConsent } from './consents.ts';

/** What a file says about one person in one campaign, from one row or several. */
export interface StatedContact {
  readonly externalId: string | null;
  readonly attributes: Attributes;
  readonly profile: Profile;
  /** 0 (last) to 9 (first); null: not stated. */
  readonly priority: number | null;
  /** IANA names as stated, each once, in order. */
  readonly zones: readonly string[];
  readonly consents: readonly StatedConsent[];
}

/**
 * The rule for the same person twice: the later non-empty value wins, field by field; the first external id stays;
 * every zone and every consent is kept. Associative, so it does not matter where a file is cut into batches.
 */
export function mergeContacts(first: StatedContact, later: StatedContact): StatedContact {
  return {
    externalId: first.externalId ?? later.externalId,
    attributes: mergeFields(first.attributes, later.attributes),
    profile: mergeFields(first.profile, later.profile),
    priority: later.priority ?? first.priority,
    zones: [...new Set([...first.zones, ...later.zones])],
    consents: [...first.consents, ...later.consents],
  };
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
