import type { RelationshipFact } from './facts.ts';
import { matterSchema, type Matter } from './matter.ts';
import type { EpochMs } from './time.ts';

/**
 * What somebody says of a contact's matter: a row of a file, or a request. Left out: nothing is said of it, and what is
 * on record stays. Null: it is not known, whatever was on record.
 */
export interface StatedMatter {
  readonly kind?: Matter['kind'];
  readonly relation?: Matter['relation'];
  readonly debtorUnreachable?: boolean | null;
  /** As `birthdaysOf` gives them. */
  readonly birthdays?: { readonly adultFrom: string; readonly minorFrom: string } | null;
  /** Keyed references. */
  readonly debt?: string | null;
  readonly subject?: string | null;
  /** Null: none is on record. */
  readonly contractSince?: EpochMs | null;
  /** Of the contract stated, or of the one on record; null: it goes on. */
  readonly contractUntil?: EpochMs | null;
  readonly lastPurchaseAt?: EpochMs | null;
  readonly lastInquiryAt?: EpochMs | null;
}

/** Which fields of a matter a keyed reference is made for. */
export type ReferenceKind = 'debt' | 'subject';

/** Characters of a reference at the most. */
export const REFERENCE_CHARS_MAX = 200;

/**
 * What a reference's keyed hash is made over. Full-width forms are folded: the same reference, typed in two systems, is
 * one debt.
 */
export function referenceText(kind: ReferenceKind, reference: string): string {
  return `${kind}-reference|${reference.normalize('NFKC').trim()}`;
}

/** Of two statements about one contact the later wins, field by field. */
export function mergeStated(first: StatedMatter | null, later: StatedMatter | null): StatedMatter | null {
  return first === null || later === null ? (later ?? first) : { ...first, ...later };
}

/** The matter with what is stated of it. @returns `before` itself when that changes nothing. */
export function withStated(before: Matter | null, stated: StatedMatter): Matter | null {
  const old = before ?? matterSchema.parse({});
  const { birthdays = old, contractSince, contractUntil, lastPurchaseAt, lastInquiryAt } = stated;
  const known = (kind: RelationshipFact['kind']) =>
    old.relationships.find((relationship) => relationship.kind === kind) ?? null;
  const once = (kind: 'purchase' | 'inquiry', at: EpochMs | null | undefined) =>
    at === undefined ? known(kind) : at === null ? null : { kind, at, endedAt: null };
  const after: Matter = {
    kind: stated.kind === undefined ? old.kind : stated.kind,
    relation: stated.relation === undefined ? old.relation : stated.relation,
    debtorUnreachable:
      stated.debtorUnreachable === undefined ? old.debtorUnreachable : stated.debtorUnreachable,
    adultFrom: birthdays?.adultFrom ?? null,
    minorFrom: birthdays?.minorFrom ?? null,
    debt: stated.debt === undefined ? old.debt : stated.debt,
    subject: stated.subject === undefined ? old.subject : stated.subject,
    relationships: [
      contractOf(known('contract'), contractSince, contractUntil),
      once('purchase', lastPurchaseAt),
      once('inquiry', lastInquiryAt),
    ].filter((relationship) => relationship !== null),
  };
  return sameMatter(old, after) ? before : after;
}

function contractOf(
  before: RelationshipFact | null,
  since: EpochMs | null | undefined,
  until: EpochMs | null | undefined,
): RelationshipFact | null {
  const at = since === undefined ? (before?.at ?? null) : since;
  if (at === null) return null;
  if (until === undefined) {
    // One that begins after the end on record is another one; one on record that has ended does not go on again.
    const endedAt = before?.endedAt ?? null;
    return { kind: 'contract', at, endedAt: endedAt !== null && endedAt >= at ? endedAt : null };
  }
  // Over before it began: whatever is meant, it is not on.
  return until !== null && until < at ? null : { kind: 'contract', at, endedAt: until };
}

function sameMatter(a: Matter, b: Matter): boolean {
  // PostgreSQL's jsonb keeps keys in an order of its own; the schema's is the one compared.
  return JSON.stringify(matterSchema.parse(a)) === JSON.stringify(matterSchema.parse(b));
}
