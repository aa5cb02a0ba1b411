import { createHash } from 'node:crypto';
import { and, asc, eq, inArray } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Channel, ConsentKind, ConsentLevel, Purpose } from '../../domain/vocabulary.ts';
import {
  saidParts,
  type ConsentQualities,
  type ConsentRecordPart,
  type NoticeReference,
} from '../../domain/consent-record.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { consentEvents } from '../schema/index.ts';

export type ConsentEventRow = typeof consentEvents.$inferSelect;

export interface ConsentEventInput {
  readonly personId: string;
  readonly kind: ConsentKind;
  readonly purposes: readonly Purpose[];
  readonly channels: readonly Channel[];
  readonly level: ConsentLevel;
  /** The basis as the source named it, such as `explicit`. */
  readonly basis: string;
  readonly source: string;
  /** SHA-256 of the text shown or of the recording. */
  readonly evidenceHash: Buffer | null;
  readonly occurredAt: EpochMs;
  readonly expiresAt: EpochMs | null;
  readonly widens: readonly string[];
  /** What is on record beside; left out: nothing. */
  readonly more?: ConsentMore;
}

/** Parts of a grant that older records do not have. */
export interface ConsentMore extends ConsentQualities {
  readonly guardianId: string | null;
  readonly numberHash: Buffer | null;
  readonly ownershipVerifiedAt: EpochMs | null;
  readonly renewedFrom: string | null;
  readonly notice: NoticeReference | null;
  /** Parts that are not on record are left out. */
  readonly record: Partial<ConsentRecordPart>;
}

/**
 * Add one consent event (同意). The same statement twice is one event.
 * @returns its id, and whether it is new.
 */
export async function appendConsentEvent(
  tx: Tx,
  input: ConsentEventInput,
  recorded: { at: EpochMs; by: string },
): Promise<{ eventId: string; created: boolean }> {
  const dedupeKey = consentDedupeKey(input);
  const id = uuidv7();
  const rows = await tx.orm
    .insert(consentEvents)
    .values({
      tenantId: tx.tenantId,
      id,
      personId: input.personId,
      kind: input.kind,
      purposes: [...input.purposes],
      channels: [...input.channels],
      level: input.level,
      basis: input.basis,
      source: input.source,
      evidenceHash: input.evidenceHash,
      occurredAt: input.occurredAt,
      recordedAt: recorded.at,
      expiresAt: input.expiresAt,
      widens: [...input.widens],
      recordedBy: recorded.by,
      dedupeKey,
      ...(input.more === undefined ? {} : columnsOf(input.more)),
    })
    .onConflictDoNothing()
    .returning({ id: consentEvents.id });
  if (rows[0] !== undefined) return { eventId: rows[0].id, created: true };
  const known = await tx.orm
    .select({ id: consentEvents.id })
    .from(consentEvents)
    .where(and(eq(consentEvents.tenantId, tx.tenantId), eq(consentEvents.dedupeKey, dedupeKey)));
  return { eventId: known[0]!.id, created: false };
}

function columnsOf(more: ConsentMore) {
  const { notice, technologies, separate, ...columns } = more;
  return {
    ...columns,
    technologies: [...technologies],
    separate: [...separate],
    record: saidParts(columns.record),
    noticeId: notice?.id ?? null,
    noticeVersion: notice?.version ?? null,
  };
}

/** All of a person, in the order in which they happened. */
export async function consentEventsOf(tx: Tx, personId: string): Promise<ConsentEventRow[]> {
  return consentEventsOfPersons(tx, [personId]);
}

/** Those of several persons, in the same order. */
export async function consentEventsOfPersons(
  tx: Tx,
  personIds: readonly string[],
): Promise<ConsentEventRow[]> {
  if (personIds.length === 0) return [];
  return tx.orm
    .select()
    .from(consentEvents)
    .where(and(eq(consentEvents.tenantId, tx.tenantId), inArray(consentEvents.personId, [...personIds])))
    .orderBy(asc(consentEvents.occurredAt), asc(consentEvents.recordedAt));
}

/** Whose and what the events under these ids are; ids that are no event of the tenant are left out. */
export async function consentEventsUnder(
  tx: Tx,
  ids: readonly string[],
): Promise<{ id: string; personId: string; kind: ConsentKind }[]> {
  if (ids.length === 0) return [];
  const { id, personId, kind } = consentEvents;
  return tx.orm
    .select({ id, personId, kind })
    .from(consentEvents)
    .where(and(eq(consentEvents.tenantId, tx.tenantId), inArray(id, [...ids])));
}

/** SHA-256 over what the event states; lists in order, so that their order says nothing. */
export function consentDedupeKey(input: ConsentEventInput): Buffer {
  const stated = [
    input.personId,
    input.kind,
    [...input.purposes].sort(),
    [...input.channels].sort(),
    input.level,
    input.basis,
    input.source,
    input.evidenceHash?.toString('hex') ?? null,
    input.occurredAt,
    input.expiresAt,
    [...input.widens].sort(),
    // Only where there is any, so that a statement without keeps the key it had before there could be.
    ...(input.more === undefined || !saysMore(input.more) ? [] : [statedMore(input.more)]),
  ];
  return createHash('sha256').update(JSON.stringify(stated)).digest();
}

function saysMore(more: ConsentMore): boolean {
  const { technologies, separate, record, ...rest } = more;
  return (
    technologies.length > 0 ||
    separate.length > 0 ||
    Object.keys(statedRecord(record)).length > 0 ||
    Object.values(rest).some((part) => part !== null)
  );
}

function statedMore(more: ConsentMore): unknown {
  const { technologies, separate, numberHash, record, ...rest } = more;
  return {
    ...rest,
    record: statedRecord(record),
    technologies: [...technologies].sort(),
    separate: [...separate].sort(),
    number: numberHash?.toString('hex') ?? null,
  };
}

/** Under which id others keep it is not part of what the person said: the same statement from there is the same event. */
function statedRecord(record: Partial<ConsentRecordPart>): Partial<ConsentRecordPart> {
  const { originId: _, ...stated } = saidParts(record);
  return stated;
}
