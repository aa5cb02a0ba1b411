import { hash } from 'node:crypto';
import {
  CHANNELS,
  PURPOSES,
  type Channel,
  type ConsentKind,
  type ConsentLevel,
  type Purpose,
} from '../domain/vocabulary.ts';
import type { EpochMs } from '../domain/time.ts';
import { CONTACT_FIELDS, type ContactField } from './columns.ts';
import { CHANNEL_NAMES, LEVELS, PURPOSE_NAMES, namesIn } from './consent-words.ts';

/** What an import takes for granted about consent where the file has no such column. */
export interface ConsentDefaults {
  readonly purpose?: string;
  readonly basis?: string;
  readonly channel?: string;
  /** ISO 8601 with an offset. */
  readonly at?: string;
  readonly source?: string;
}

/** A consent event as a row states it; the person is not known yet. */
export interface StatedConsent {
  readonly kind: ConsentKind;
  readonly purposes: readonly Purpose[];
  readonly channels: readonly Channel[];
  readonly level: ConsentLevel;
  readonly basis: string;
  readonly source: string;
  readonly occurredAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  readonly evidenceHash: Buffer | null;
  /** What makes it the same event when it is stated again; the instant as written where it could not be read. */
  readonly occurredText: string;
}

/** Something about a row's consent that was not taken as it stands; the contact is imported all the same. */
export interface ConsentIssue {
  readonly column: ContactField;
  readonly value: string;
  readonly code: string;
  readonly reason: string;
}

/** Ways of saying that there is nothing. */
const NOTHING = new Set(['', '-', '—', 'no', 'none', 'null', 'nil', 'n/a', 'na', 'false', '0', '否', '无']);

/** Whether a cell says nothing. */
export function saysNothing(value: string | undefined): boolean {
  if (value === undefined || value === '') return true;
  return value.length < 8 && NOTHING.has(value.trim().toLowerCase());
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}:?\d{2})$/i;

/** An ISO 8601 instant with its offset, as epoch milliseconds; null for anything else, however close. */
export function instantOf(text: string): EpochMs | null {
  const match = ISO.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, time, offset] = match;
  // Date.parse rolls the 31st of a short month over to the next one.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return null;
  const zone = offset!.length === 5 ? `${offset!.slice(0, 3)}:${offset!.slice(3)}` : offset!.toUpperCase();
  const at = Date.parse(`${year}-${month}-${day}T${time}${zone}`);
  return Number.isNaN(at) ? null : at;
}

type ConsentField = Extract<ContactField, `consent_${string}`>;
const CONSENT_FIELDS = CONTACT_FIELDS.filter((field): field is ConsentField => field.startsWith('consent_'));
export type ConsentCells = Readonly<Partial<Record<ContactField, string>>>;

/** Reads the consent cells of rows; built once a file. */
export type ConsentReader = (
  cells: ConsentCells,
  now: EpochMs,
) => {
  readonly events: readonly StatedConsent[];
  readonly issues: readonly ConsentIssue[];
  readonly live: boolean;
};

/** Source recorded where neither the file nor the import names one. */
const SOURCE_UNSTATED = 'import';

const NONE = { events: [], issues: [], live: false } as const;

/**
 * @param mapped the consent fields the file has columns for. A default stands for a column the file does not have,
 * and only where the row states anything, or where the file has no consent column at all.
 */
export function consentReader(mapped: ReadonlySet<string>, defaults: ConsentDefaults): ConsentReader {
  const DEFAULTS: Partial<Record<ConsentField, string | undefined>> = {
    consent_purpose: defaults.purpose,
    consent_basis: defaults.basis,
    consent_channel: defaults.channel,
    consent_at: defaults.at,
    consent_source: defaults.source,
  };
  const always =
    !CONSENT_FIELDS.some((field) => mapped.has(field)) &&
    Object.values(defaults).some((value) => value !== undefined);

  return (cells, now) => {
    if (!always && CONSENT_FIELDS.every((field) => saysNothing(cells[field]))) return NONE;
    const cell = (field: ConsentField): string => {
      const own = cells[field];
      // JSON Lines need not name every field in the rows that were looked at first.
      const value = mapped.has(field) || !saysNothing(own) ? own : DEFAULTS[field];
      return value === undefined || saysNothing(value) ? '' : value.trim();
    };
    return readConsent(cell, now);
  };
}

function readConsent(cell: (field: ConsentField) => string, now: EpochMs): ReturnType<ConsentReader> {
  const issues: ConsentIssue[] = [];
  const refuse = (column: ConsentField, code: string, reason: string) => {
    issues.push({ column, value: cell(column), code, reason });
    return null;
  };
  const purposes = namesIn(cell('consent_purpose'), PURPOSE_NAMES);
  const channels =
    cell('consent_channel') === '' ? (['voice'] as const) : namesIn(cell('consent_channel'), CHANNEL_NAMES);
  const level =
    LEVELS[
      cell('consent_basis')
        .toLowerCase()
        .replace(/[\s-]+/g, '_')
    ] ?? null;
  const source = cell('consent_source') || SOURCE_UNSTATED;
  const evidence = cell('consent_evidence_sha256');
  const evidenceHash = /^[0-9a-f]{64}$/i.test(evidence) ? Buffer.from(evidence, 'hex') : null;
  if (evidence !== '' && evidenceHash === null) {
    refuse('consent_evidence_sha256', 'consent_evidence', 'is no SHA-256 of 64 hexadecimal digits; left out');
  }

  const withdrawal = readWithdrawal(cell, now, { purposes, channels, level, source }, issues);
  const grant = readGrant();

  function readGrant(): StatedConsent | null {
    if (cell('consent_at') === '' && cell('consent_basis') === '' && withdrawal !== null) return null;
    if (purposes === null) {
      return refuse('consent_purpose', 'consent_purpose', `is none of ${PURPOSES.join(', ')}`);
    }
    if (channels === null)
      return refuse('consent_channel', 'consent_channel', `is none of ${CHANNELS.join(', ')}`);
    if (level === null) {
      return refuse(
        'consent_basis',
        'consent_basis',
        'is no basis that is known to be worth anything (docs/imports.md)',
      );
    }
    if (level === 'guardian') {
      // Whoever takes it as a guardian's must be able to say whose (api/actions/grant-record.ts).
      return refuse(
        'consent_basis',
        'consent_guardian',
        'is the consent of a guardian, and a contact list has no column that names them; ' +
          'record it with guardianPersonId (rightcall consent grant); the consent was not taken',
      );
    }
    const occurredAt = instantOf(cell('consent_at'));
    if (occurredAt === null) {
      return refuse(
        'consent_at',
        'consent_time',
        'is no ISO 8601 instant with an offset, such as 2026-03-01T09:30:00+08:00',
      );
    }
    if (occurredAt > now) return refuse('consent_at', 'consent_time', 'lies in the future');
    const expires = cell('consent_expires_at');
    const expiresAt = expires === '' ? null : instantOf(expires);
    if (expires !== '' && expiresAt === null) {
      // An end that cannot be read may have passed.
      return refuse(
        'consent_expires_at',
        'consent_time',
        'is no ISO 8601 instant with an offset; the consent was not taken',
      );
    }
    if (expiresAt !== null && expiresAt <= occurredAt) {
      return refuse(
        'consent_expires_at',
        'consent_time',
        'is not after consent_at; expected a later instant, or nothing; the consent was not taken',
      );
    }
    return {
      kind: 'grant',
      purposes,
      channels,
      level,
      basis: cell('consent_basis'),
      source,
      occurredAt,
      expiresAt,
      evidenceHash,
      occurredText: String(occurredAt),
    };
  }

  const live =
    grant !== null &&
    (grant.expiresAt === null || grant.expiresAt > now) &&
    (withdrawal === null || withdrawal.occurredAt < grant.occurredAt);
  return { events: [grant, withdrawal].filter((event) => event !== null), issues, live };
}

/**
 * A withdrawal is never lost: what cannot be read, or lies in the future, counts from now; where no purpose is
 * stated, for all.
 */
function readWithdrawal(
  cell: (field: ConsentField) => string,
  now: EpochMs,
  stated: {
    purposes: readonly Purpose[] | null;
    channels: readonly Channel[] | null;
    level: ConsentLevel | null;
    source: string;
  },
  issues: ConsentIssue[],
): StatedConsent | null {
  const text = cell('consent_withdrawn_at');
  if (text === '') return null;
  const at = instantOf(text);
  if (at === null || at > now) {
    issues.push({
      column: 'consent_withdrawn_at',
      value: text,
      code: 'withdrawal_time',
      reason: `${at === null ? 'is no ISO 8601 instant with an offset' : 'lies in the future'}; the consent counts as withdrawn from now`,
    });
  }
  return {
    kind: 'withdrawal',
    purposes: stated.purposes ?? PURPOSES,
    channels: stated.channels ?? CHANNELS,
    level: stated.level ?? 'express',
    basis: cell('consent_basis'),
    source: stated.source,
    occurredAt: at === null ? now : Math.min(at, now),
    expiresAt: null,
    evidenceHash: null,
    occurredText: at === null ? text : String(at),
  };
}

/** The same event stated twice has the same key, whichever file states it. */
export function consentDedupeKey(personId: string, consent: StatedConsent): Buffer {
  const { kind, purposes, channels, level, source, occurredText, expiresAt } = consent;
  const stated = [personId, kind, purposes, channels, level, source, occurredText, expiresAt];
  return hash('sha256', JSON.stringify(stated), 'buffer');
}
