import { z } from 'zod';
import {
  artefactSchema,
  consentQualitiesSchema,
  noticeReferenceSchema,
  partySchema,
  type ConsentRecordPart,
} from './consent-record.ts';
import { toIso, type EpochMs } from './time.ts';
import { channelSchema, consentLevelSchema, purposeSchema } from './vocabulary.ts';

/**
 * A consent record as it is handed to others and taken from them, in the shape of ISO/IEC TS 27560:2023 (by way of the
 * W3C DPV guide): header, processing, parties, events. What calls need beside stands under `calls`. A record is a grant
 * with what became of it.
 */
export const RECORD_SCHEMA = 'ISO-27560:2023/rightcall.1';

const instant = z.iso.datetime({ offset: true });

export const exchangedRecordSchema = z.strictObject({
  schemaVersion: z.literal(RECORD_SCHEMA),
  /** The grant's id. */
  recordId: z.string().min(1).max(200),
  /** The person, by id; never a name or number. */
  subjectId: z.string().min(1).max(200),
  notice: z
    .strictObject({ ...noticeReferenceSchema.shape, textSha256: z.string().nullable() })
    .nullable()
    .default(null),
  processing: z.strictObject({
    purposes: z.array(purposeSchema).min(1, 'names no purpose; expected at least one'),
    lawfulBasis: z.literal('consent').default('consent'),
    level: consentLevelSchema,
    dataKinds: z.array(z.string()).default([]),
    storagePlaces: z.array(z.string()).default([]),
    retention: z.string().nullable().default(null),
    jurisdictions: z.array(z.string()).default([]),
    withdrawalMethod: z.string().nullable().default(null),
  }),
  parties: z.array(partySchema).default([]),
  events: z
    .array(
      z.strictObject({
        time: instant,
        /** When it was put on record; left out by those who cannot say. */
        recordedAt: instant.nullable().default(null),
        validUntil: instant.nullable().default(null),
        entity: z.enum(['data_subject', 'guardian']).default('data_subject'),
        type: z.enum(['consent', 'withdrawal', 'renewal']),
        state: z.enum(['given', 'withdrawn', 'renewed']),
      }),
    )
    .min(1, 'is empty; expected at least the consent itself'),
  calls: z.strictObject({
    channels: z.array(channelSchema).min(1),
    source: z.string().min(1).max(200),
    basis: z.string().min(1).max(100).default('explicit'),
    ...consentQualitiesSchema.shape,
    widens: z.array(z.string()).default([]),
    guardianId: z.string().nullable().default(null),
    /** The number that it is for, masked or in full; null: whatever the number. */
    number: z.string().nullable().default(null),
    ownershipVerifiedAt: instant.nullable().default(null),
    evidenceSha256: z.string().nullable().default(null),
    artefacts: z.array(artefactSchema).default([]),
    declaredZone: z.string().nullable().default(null),
    lastUsedAt: instant.nullable().default(null),
  }),
});
export type ExchangedRecord = z.infer<typeof exchangedRecordSchema>;

/** A grant as it is stored, with what became of it. */
export interface RecordedGrant {
  readonly id: string;
  readonly personId: string;
  readonly purposes: ExchangedRecord['processing']['purposes'];
  readonly channels: ExchangedRecord['calls']['channels'];
  readonly level: ExchangedRecord['processing']['level'];
  readonly basis: string;
  readonly source: string;
  readonly evidenceSha256: string | null;
  readonly occurredAt: EpochMs;
  readonly recordedAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  readonly widens: readonly string[];
  readonly seller: string | null;
  readonly technologies: ExchangedRecord['calls']['technologies'];
  readonly separate: ExchangedRecord['calls']['separate'];
  readonly guardianId: string | null;
  readonly number: string | null;
  readonly ownershipVerifiedAt: EpochMs | null;
  readonly renewedFrom: string | null;
  readonly notice: { readonly id: string; readonly version: number } | null;
  readonly record: Partial<ConsentRecordPart>;
  readonly withdrawals: readonly { readonly at: EpochMs; readonly recordedAt: EpochMs }[];
  readonly renewals: readonly { readonly at: EpochMs; readonly recordedAt: EpochMs }[];
  readonly lastUsedAt: EpochMs | null;
}

const isoOrNull = (at: EpochMs | null) => (at === null ? null : toIso(at));

/** Pure. Events in the order in which they happened. */
export function toExchanged(grant: RecordedGrant): ExchangedRecord {
  const { record } = grant;
  const entity = grant.guardianId === null ? ('data_subject' as const) : ('guardian' as const);
  const later = [
    ...grant.withdrawals.map((one) => ({ ...one, type: 'withdrawal' as const, state: 'withdrawn' as const })),
    ...grant.renewals.map((one) => ({ ...one, type: 'renewal' as const, state: 'renewed' as const })),
  ].toSorted((a, b) => a.at - b.at || (a.type < b.type ? -1 : 1));
  return {
    schemaVersion: RECORD_SCHEMA,
    recordId: grant.id,
    subjectId: grant.personId,
    notice: grant.notice === null ? null : { ...grant.notice, textSha256: grant.evidenceSha256 },
    processing: {
      purposes: grant.purposes,
      lawfulBasis: 'consent',
      level: grant.level,
      dataKinds: record.dataKinds ?? [],
      storagePlaces: record.storagePlaces ?? [],
      retention: record.retention ?? null,
      jurisdictions: record.jurisdictions ?? [],
      withdrawalMethod: record.withdrawalMethod ?? null,
    },
    parties: record.parties ?? [],
    events: [
      {
        time: toIso(grant.occurredAt),
        recordedAt: toIso(grant.recordedAt),
        validUntil: isoOrNull(grant.expiresAt),
        entity,
        type: grant.renewedFrom === null ? 'consent' : 'renewal',
        state: 'given',
      },
      ...later.map(({ at, recordedAt, type, state }) => ({
        time: toIso(at),
        recordedAt: toIso(recordedAt),
        validUntil: null,
        entity: 'data_subject' as const,
        type,
        state,
      })),
    ],
    calls: {
      channels: grant.channels,
      source: grant.source,
      basis: grant.basis,
      seller: grant.seller,
      technologies: grant.technologies,
      separate: grant.separate,
      widens: [...grant.widens],
      guardianId: grant.guardianId,
      number: grant.number,
      ownershipVerifiedAt: isoOrNull(grant.ownershipVerifiedAt),
      evidenceSha256: grant.evidenceSha256,
      artefacts: record.artefacts ?? [],
      declaredZone: record.declaredZone ?? null,
      lastUsedAt: isoOrNull(grant.lastUsedAt),
    },
  };
}

/** What a record comes to when it is taken in: the grant, and a withdrawal for each that it has. */
export interface TakenRecord {
  readonly grant: {
    readonly purposes: ExchangedRecord['processing']['purposes'];
    readonly channels: ExchangedRecord['calls']['channels'];
    readonly level: ExchangedRecord['processing']['level'];
    readonly basis: string;
    readonly source: string;
    readonly evidenceSha256: string | null;
    readonly occurredAt: EpochMs;
    readonly expiresAt: EpochMs | null;
    readonly widens: readonly string[];
    readonly seller: string | null;
    readonly technologies: ExchangedRecord['calls']['technologies'];
    readonly separate: ExchangedRecord['calls']['separate'];
    readonly guardianId: string | null;
    readonly number: string | null;
    readonly ownershipVerifiedAt: EpochMs | null;
    readonly notice: { readonly id: string; readonly version: number } | null;
    readonly record: Partial<ConsentRecordPart>;
  };
  readonly withdrawnAt: readonly EpochMs[];
}

/** Pure. Its own ids and when others recorded it are not taken over: here it is recorded now. */
export function fromExchanged(exchanged: ExchangedRecord): TakenRecord {
  const { processing, calls, notice, parties, events } = exchanged;
  const given = events.find((event) => event.state === 'given') ?? events[0]!;
  const part: ConsentRecordPart = {
    dataKinds: processing.dataKinds,
    parties,
    storagePlaces: processing.storagePlaces,
    retention: processing.retention,
    jurisdictions: processing.jurisdictions,
    withdrawalMethod: processing.withdrawalMethod,
    artefacts: calls.artefacts,
    declaredZone: calls.declaredZone,
  };
  return {
    grant: {
      purposes: processing.purposes,
      channels: calls.channels,
      level: processing.level,
      basis: calls.basis,
      source: calls.source,
      evidenceSha256: calls.evidenceSha256 ?? notice?.textSha256 ?? null,
      occurredAt: Date.parse(given.time),
      expiresAt: given.validUntil === null ? null : Date.parse(given.validUntil),
      widens: calls.widens,
      seller: calls.seller,
      technologies: calls.technologies,
      separate: calls.separate,
      guardianId: calls.guardianId,
      number: calls.number,
      ownershipVerifiedAt: calls.ownershipVerifiedAt === null ? null : Date.parse(calls.ownershipVerifiedAt),
      notice: notice === null ? null : { id: notice.id, version: notice.version },
      record: saidParts(part),
    },
    withdrawnAt: events.filter((event) => event.state === 'withdrawn').map((event) => Date.parse(event.time)),
  };
}

/** Only what says something: nothing on record is not an empty list on record. */
function saidParts(part: ConsentRecordPart): Partial<ConsentRecordPart> {
  return Object.fromEntries(
    Object.entries(part).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== null)),
  );
}
