import { createHash } from 'node:crypto';
import { and, asc, eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Channel, ConsentKind, ConsentLevel, Purpose } from '../../domain/vocabulary.ts';
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

export async function consentEventsOf(tx: Tx, personId: string): Promise<ConsentEventRow[]> {
  return tx.orm
    .select()
    .from(consentEvents)
    .where(and(eq(consentEvents.tenantId, tx.tenantId), eq(consentEvents.personId, personId)))
    .orderBy(asc(consentEvents.occurredAt), asc(consentEvents.recordedAt));
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
  ];
  return createHash('sha256').update(JSON.stringify(stated)).digest();
}
