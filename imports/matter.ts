import type { EpochMs } from '../domain/time.ts';
import { birthdaysOf, type Matter } from '../domain/matter.ts';
import {
  REFERENCE_CHARS_MAX,
  referenceText,
  type ReferenceKind,
  type StatedMatter,
} from '../domain/stated-matter.ts';
import type { ContactField, MatterField } from './columns.ts';
import { MATTER_FIELDS } from './columns.ts';
import { instantOf, saysNothing } from './consents.ts';

const KINDS: Readonly<Record<string, NonNullable<Matter['kind']>>> = {
  consumer: 'consumer',
  individual: 'consumer',
  个人: 'consumer',
  business: 'business',
  company: 'business',
  企业: 'business',
  公司: 'business',
};

const RELATIONS: Readonly<Record<string, NonNullable<Matter['relation']>>> = {
  self: 'self',
  本人: 'self',
  third_party: 'third_party',
  第三方: 'third_party',
  第三人: 'third_party',
};

const YES_OR_NO: Readonly<Record<string, boolean>> = {
  yes: true,
  y: true,
  true: true,
  '1': true,
  是: true,
  no: false,
  n: false,
  false: false,
  '0': false,
  否: false,
};

/** Instants about a relationship, by the column. */
type InstantField = 'contract_since' | 'contract_until' | 'last_purchase_at' | 'last_inquiry_at';

const NO_INSTANT = 'is no ISO 8601 instant with an offset, such as 2026-03-01T09:30:00+08:00';

export interface MatterReading {
  /** Engine clock. */
  readonly now: EpochMs;
  /** Keyed hash of a text, as `Vault.mac` gives it for the tenant. */
  readonly mac: (text: string) => Buffer;
  readonly report: (column: ContactField, value: string, code: string, reason: string) => void;
}

/**
 * What a row says of its contact's matter; null: nothing. What cannot be read makes its fact unknown, also where an
 * earlier row or import had it: rules fail closed on what is not known (I6), and what stood there may hold no longer.
 */
export function readMatter(
  cells: Readonly<Partial<Record<ContactField, string>>>,
  reading: MatterReading,
): StatedMatter | null {
  if (MATTER_FIELDS.every((field) => cells[field] === undefined)) return null;
  const { now, report } = reading;
  const stated: { -readonly [K in keyof StatedMatter]: StatedMatter[K] } = {};

  const kind = named('callee_kind', KINDS, 'consumer (个人) or business (企业)');
  if (kind !== undefined) stated.kind = kind;
  const relation = named('relation', RELATIONS, 'self (本人) or third_party (第三方)');
  if (relation !== undefined) stated.relation = relation;
  const unreachable = named('debtor_unreachable', YES_OR_NO, 'yes (是) or no (否)');
  if (unreachable !== undefined) stated.debtorUnreachable = unreachable;
  const born = said('birth_date');
  if (born !== null) {
    stated.birthdays = birthdaysOf(born, now);
    if (stated.birthdays === null) {
      unknown('birth_date', born, 'is no birth date; expected a day such as 1990-12-31, not in the future');
    }
  }
  for (const which of ['debt', 'subject'] as const) {
    const reference = referenceIn(which);
    if (reference !== undefined) stated[which] = reference;
  }
  readContract();
  const purchase = instantIn('last_purchase_at');
  if (purchase !== undefined) stated.lastPurchaseAt = past('last_purchase_at', purchase);
  const inquiry = instantIn('last_inquiry_at');
  if (inquiry !== undefined) stated.lastInquiryAt = past('last_inquiry_at', inquiry);
  for (const _field in stated) return stated;
  return null;

  function said(field: MatterField): string | null {
    const text = cells[field];
    return saysNothing(text) ? null : text!.trim();
  }

  function unknown(field: MatterField, text: string, reason: string): null {
    report(field, text, field, `${reason}; kept as not known`);
    return null;
  }

  /** Undefined: nothing is said; null: it cannot be read. */
  function named<T>(
    field: MatterField,
    names: Readonly<Record<string, T>>,
    expected: string,
  ): T | null | undefined {
    const text = (cells[field] ?? '').normalize('NFKC').trim();
    const name = text.toLowerCase().replace(/[\s-]+/g, '_');
    // Before asking whether it says nothing: `no` does.
    if (Object.hasOwn(names, name)) return names[name]!;
    return saysNothing(text) ? undefined : unknown(field, text, `is not ${expected}`);
  }

  function referenceIn(which: ReferenceKind): string | null | undefined {
    const field = `${which}_ref` as const;
    const text = said(field);
    if (text === null) return undefined;
    if (text.length > REFERENCE_CHARS_MAX) {
      return unknown(field, text, `is longer than ${REFERENCE_CHARS_MAX} characters`);
    }
    return reading.mac(referenceText(which, text)).toString('hex');
  }

  function instantIn(field: InstantField): EpochMs | null | undefined {
    const text = said(field);
    if (text === null) return undefined;
    return instantOf(text) ?? unknown(field, text, NO_INSTANT);
  }

  function past(field: InstantField, at: EpochMs | null): EpochMs | null {
    if (at === null || at <= now) return at;
    return unknown(field, cells[field]!, 'lies in the future; expected when it happened');
  }

  /** An end that cannot be read may have passed: then no contract is known. */
  function readContract(): void {
    const sinceSaid = instantIn('contract_since');
    const since = sinceSaid === undefined ? undefined : past('contract_since', sinceSaid);
    const until = instantIn('contract_until');
    if (until === null) stated.contractSince = null;
    else if (since !== undefined && since !== null && until !== undefined && until < since) {
      stated.contractSince = unknown(
        'contract_until',
        cells.contract_until!,
        'lies before contract_since; expected a later instant',
      );
    } else {
      if (since !== undefined) stated.contractSince = since;
      if (until !== undefined) stated.contractUntil = until;
    }
  }
}
