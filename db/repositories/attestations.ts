import { and, desc, eq, gt, isNull, lt, lte, or } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { AttestationFact, DialFacts } from '../../domain/facts.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { attestedFacts } from '../schema/index.ts';

export type AttestationRow = typeof attestedFacts.$inferSelect;

export interface AttestationInput {
  readonly kind: AttestationFact['kind'];
  readonly name: string;
  readonly jurisdiction: string | null;
  readonly detail: AttestationFact['detail'];
  readonly validFrom: EpochMs;
  readonly validUntil: EpochMs | null;
}

/**
 * Put an attestation on record. A reading of an emergency feed takes the place of the earlier ones of the same feed and
 * area, which stay as evidence: a feed read every hour would else fill every decision.
 */
export async function insertAttestation(
  tx: Tx,
  input: AttestationInput,
  recorded: { readonly at: EpochMs; readonly by: string },
): Promise<AttestationRow> {
  if (input.kind === 'emergency_feed') {
    await tx.query(
      `UPDATE attested_facts SET superseded_at = $4
       WHERE tenant_id = $1 AND kind = 'emergency_feed' AND name = $2 AND jurisdiction IS NOT DISTINCT FROM $3
         AND valid_from <= $5 AND retracted_at IS NULL AND superseded_at IS NULL`,
      [tx.tenantId, input.name, input.jurisdiction, toIso(recorded.at), toIso(input.validFrom)],
    );
  }
  const rows = await tx.orm
    .insert(attestedFacts)
    .values({
      tenantId: tx.tenantId,
      id: uuidv7(),
      ...input,
      recordedAt: recorded.at,
      recordedBy: recorded.by,
      retractedAt: null,
      retractedBy: null,
      supersededAt: null,
    })
    .returning();
  return rows[0]!;
}

/** The attestation, and nobody else changes it before this transaction ends. */
export async function lockAttestation(tx: Tx, id: string): Promise<AttestationRow | null> {
  const rows = await tx.orm.select().from(attestedFacts).where(isAttestation(tx, id)).for('no key update');
  return rows[0] ?? null;
}

/** Decisions do not see it from `at` on. */
export async function retractAttestation(
  tx: Tx,
  id: string,
  retracted: { readonly at: EpochMs; readonly by: string },
): Promise<AttestationRow> {
  const rows = await tx.orm
    .update(attestedFacts)
    .set({ retractedAt: retracted.at, retractedBy: retracted.by })
    .where(isAttestation(tx, id))
    .returning();
  return rows[0]!;
}

export interface AttestationQuery {
  readonly kind: AttestationFact['kind'] | null;
  readonly name: string | null;
  /** Only those that count at `at`. */
  readonly inForce: boolean;
  readonly at: EpochMs;
  /** Id of the last one seen. */
  readonly after: string | null;
  readonly limit: number;
}

/** One page, newest first; ids sort by when they were recorded. */
export async function listAttestations(tx: Tx, query: AttestationQuery): Promise<AttestationRow[]> {
  const { kind, name, inForce, at, after, limit } = query;
  return tx.orm
    .select()
    .from(attestedFacts)
    .where(
      and(
        eq(attestedFacts.tenantId, tx.tenantId),
        kind === null ? undefined : eq(attestedFacts.kind, kind),
        name === null ? undefined : eq(attestedFacts.name, name),
        after === null ? undefined : lt(attestedFacts.id, after),
        inForce
          ? and(
              isNull(attestedFacts.retractedAt),
              isNull(attestedFacts.supersededAt),
              lte(attestedFacts.validFrom, at),
              or(isNull(attestedFacts.validUntil), gt(attestedFacts.validUntil, at)),
            )
          : undefined,
      ),
    )
    .orderBy(desc(attestedFacts.id))
    .limit(limit);
}

function isAttestation(tx: Tx, id: string) {
  return and(eq(attestedFacts.tenantId, tx.tenantId), eq(attestedFacts.id, id));
}

export interface CallerNumber {
  readonly number: string;
  readonly numberHash: Buffer;
  readonly country: string | null;
  readonly numberType: DialFacts['number']['type'];
  readonly prefix: string;
}

/** Keep what decisions see of a number that a campaign shows. */
export async function keepCallerNumber(tx: Tx, caller: CallerNumber): Promise<void> {
  const { number, numberHash, country, numberType, prefix } = caller;
  await tx.query(
    `INSERT INTO caller_numbers (tenant_id, number, number_hash, country, number_type, prefix)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant_id, number) DO UPDATE SET
       number_hash = excluded.number_hash, country = excluded.country, number_type = excluded.number_type,
       prefix = excluded.prefix`,
    [tx.tenantId, number, numberHash, country, numberType, prefix],
  );
}
