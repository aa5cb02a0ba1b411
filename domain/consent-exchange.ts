import type { ConsentRecordPart, NoticeReference } from './consent-record.ts';
import { saidParts } from './consent-record.ts';
import { RECORD_SCHEMA, type ExchangedEvent, type ExchangedRecord } from './exchanged-record.ts';
import type { Fault } from './failures.ts';
import { toIso, type EpochMs } from './time.ts';

type Processing = ExchangedRecord['processing'];
type Calls = ExchangedRecord['calls'];

/** A person or a number as a record names it: ours by id or keyed hash, or in full as others know it. */
export type NamedPerson = { readonly personId: string } | { readonly number: string };
export type NamedNumber = { readonly keyedHash: string } | { readonly number: string };

/** A record's place among the records of whoever keeps it, and the id under which it was first kept elsewhere. */
export interface RecordIds {
  readonly recordId: string;
  readonly originId: string | null;
}

/** One grant with what became of it, in our words: what an export tells, and what an import is told. */
export interface RecordedGrant extends RecordIds {
  readonly subject: NamedPerson;
  readonly purposes: Processing['purposes'];
  readonly channels: Calls['channels'];
  readonly level: Processing['level'];
  readonly basis: string;
  readonly source: string;
  readonly evidenceSha256: string | null;
  readonly occurredAt: EpochMs;
  readonly recordedAt: EpochMs | null;
  readonly expiresAt: EpochMs | null;
  readonly widens: readonly string[];
  readonly seller: string | null;
  readonly technologies: Calls['technologies'];
  readonly separate: Calls['separate'];
  readonly guardian: NamedPerson | null;
  readonly forNumber: NamedNumber | null;
  readonly ownershipVerifiedAt: EpochMs | null;
  readonly renews: RecordIds | null;
  readonly notice: (NoticeReference & { readonly language: string | null }) | null;
  /** Parts that are not on record are left out. */
  readonly record: Partial<Omit<ConsentRecordPart, 'originId'>>;
  readonly withdrawals: readonly RecordedWithdrawal[];
  readonly renewals: readonly RecordedRenewal[];
  /** When a call last relied on it; null: none did. */
  readonly lastUsedAt: EpochMs | null;
}

export interface RecordedWithdrawal {
  /** Null: whoever sent it keeps none. */
  readonly id: string | null;
  readonly originId: string | null;
  readonly at: EpochMs;
  readonly recordedAt: EpochMs | null;
  readonly purposes: Processing['purposes'];
  readonly channels: Calls['channels'];
  readonly source: string;
  readonly evidenceSha256: string | null;
}

export interface RecordedRenewal {
  readonly id: string | null;
  readonly at: EpochMs;
  readonly recordedAt: EpochMs | null;
  /** The record that renewed it. */
  readonly renewedBy: string;
}

/** Pure. Events in the order in which they happened, the consent itself first. */
export function toExchanged(grant: RecordedGrant): ExchangedRecord {
  const { record, notice, recordId } = grant;
  return {
    schemaVersion: RECORD_SCHEMA,
    recordId,
    originId: grant.originId,
    subject: grant.subject,
    notice: notice === null ? null : { ...notice, textSha256: grant.evidenceSha256 },
    processing: {
      purposes: [...grant.purposes],
      lawfulBasis: 'consent',
      level: grant.level,
      dataKinds: record.dataKinds ?? [],
      storagePlaces: record.storagePlaces ?? [],
      retention: record.retention ?? null,
      jurisdictions: record.jurisdictions ?? [],
      withdrawalMethod: record.withdrawalMethod ?? null,
    },
    parties: record.parties ?? [],
    renews: grant.renews === null ? null : { ...grant.renews },
    events: [
      {
        id: recordId,
        time: toIso(grant.occurredAt),
        recordedAt: isoOrNull(grant.recordedAt),
        type: grant.renews === null ? 'consent' : 'renewal',
        state: 'given',
        validUntil: isoOrNull(grant.expiresAt),
        entity: grant.guardian === null ? 'data_subject' : 'guardian',
      },
      ...laterEvents(grant),
    ],
    calls: {
      channels: [...grant.channels],
      source: grant.source,
      basis: grant.basis,
      seller: grant.seller,
      technologies: [...grant.technologies],
      separate: [...grant.separate],
      widens: [...grant.widens],
      guardian: grant.guardian,
      forNumber: grant.forNumber,
      ownershipVerifiedAt: isoOrNull(grant.ownershipVerifiedAt),
      evidenceSha256: grant.evidenceSha256,
      artefacts: record.artefacts ?? [],
      declaredZone: record.declaredZone ?? null,
      lastUsedAt: isoOrNull(grant.lastUsedAt),
    },
  };
}

function laterEvents({ withdrawals, renewals }: RecordedGrant): ExchangedEvent[] {
  const events: ExchangedEvent[] = [
    ...withdrawals.map((one) => ({
      id: one.id,
      time: toIso(one.at),
      recordedAt: isoOrNull(one.recordedAt),
      originId: one.originId,
      type: 'withdrawal' as const,
      state: 'withdrawn' as const,
      purposes: [...one.purposes],
      channels: [...one.channels],
      source: one.source,
      evidenceSha256: one.evidenceSha256,
    })),
    ...renewals.map((one) => ({
      id: one.id,
      time: toIso(one.at),
      recordedAt: isoOrNull(one.recordedAt),
      type: 'renewal' as const,
      state: 'renewed' as const,
      renewedBy: one.renewedBy,
    })),
  ];
  return events.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

/** Pure. @param exchanged as its schema gave it (domain/exchanged-record.ts) */
export function fromExchanged(exchanged: ExchangedRecord): RecordedGrant {
  const { processing, calls, notice, parties, events, recordId, originId, renews } = exchanged;
  const given = events.find((event) => event.state === 'given');
  if (given === undefined) throw new RangeError('A record without a grant is refused by its schema');
  const { dataKinds, storagePlaces, retention, jurisdictions, withdrawalMethod } = processing;
  const { artefacts, declaredZone } = calls;
  const record = { dataKinds, parties, storagePlaces, retention, jurisdictions, withdrawalMethod };
  return {
    recordId,
    originId,
    subject: personOf(exchanged.subject),
    purposes: processing.purposes,
    channels: calls.channels,
    level: processing.level,
    basis: calls.basis,
    source: calls.source,
    evidenceSha256: calls.evidenceSha256 ?? notice?.textSha256 ?? null,
    occurredAt: Date.parse(given.time),
    recordedAt: msOrNull(given.recordedAt),
    expiresAt: msOrNull(given.validUntil),
    widens: calls.widens,
    seller: calls.seller,
    technologies: calls.technologies,
    separate: calls.separate,
    guardian: calls.guardian === null ? null : personOf(calls.guardian),
    forNumber: calls.forNumber === null ? null : numberOf(calls.forNumber),
    ownershipVerifiedAt: msOrNull(calls.ownershipVerifiedAt),
    renews,
    notice: notice === null ? null : { id: notice.id, version: notice.version, language: notice.language },
    record: saidParts({ ...record, artefacts, declaredZone }),
    withdrawals: events.flatMap((event) => (event.state === 'withdrawn' ? [withdrawalOf(event)] : [])),
    renewals: events.flatMap((event) =>
      event.state !== 'renewed' ? [] : [{ ...placed(event), renewedBy: event.renewedBy }],
    ),
    lastUsedAt: msOrNull(calls.lastUsedAt),
  };
}

function withdrawalOf(event: Extract<ExchangedEvent, { state: 'withdrawn' }>): RecordedWithdrawal {
  const { originId, purposes, channels, source, evidenceSha256 } = event;
  return { ...placed(event), originId, purposes, channels, source, evidenceSha256 };
}

function placed({ id, time, recordedAt }: ExchangedEvent) {
  return { id, at: Date.parse(time), recordedAt: msOrNull(recordedAt) };
}

function personOf(who: ExchangedRecord['subject']): NamedPerson {
  return who.personId === undefined ? { number: who.number! } : { personId: who.personId.toLowerCase() };
}

function numberOf(which: NonNullable<Calls['forNumber']>): NamedNumber {
  return which.keyedHash === undefined ? { number: which.number! } : { keyedHash: which.keyedHash };
}

/** Instants of a record that lie after `now`, which none but the end of a consent may. Pure. */
export function futureFaults(record: ExchangedRecord, now: EpochMs): Fault[] {
  const told: [string, string | null][] = [
    ...record.events.flatMap(({ time, recordedAt }, i): [string, string | null][] => [
      [`events[${i}].time`, time],
      [`events[${i}].recordedAt`, recordedAt],
    ]),
    ['calls.ownershipVerifiedAt', record.calls.ownershipVerifiedAt],
    ['calls.lastUsedAt', record.calls.lastUsedAt],
  ];
  return told.flatMap(([field, at]) =>
    at !== null && Date.parse(at) > now
      ? [{ field, fault: 'lies in the future', expected: 'an instant that has been' }]
      : [],
  );
}

const isoOrNull = (at: EpochMs | null) => (at === null ? null : toIso(at));
const msOrNull = (text: string | null) => (text === null ? null : Date.parse(text));
