import { and, eq, inArray } from 'drizzle-orm';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { policyActivations, policyDocuments, policySets } from '../schema/index.ts';

/** A pack or calendar as it is stored: canonical JSON (RFC 8785) under its SHA-256. */
export interface StoredPolicyDocument {
  readonly hash: string;
  /** `pack` or `calendar`. */
  readonly kind: string;
  readonly documentId: string;
  readonly version: string;
  /** Canonical JSON, exactly what was hashed. */
  readonly body: string;
}

export interface PolicySetInput {
  readonly hash: string;
  readonly documents: readonly StoredPolicyDocument[];
}

export interface ActivePolicySet extends PolicySetInput {
  /** Since when it is in force. */
  readonly activatedAt: EpochMs;
  readonly activatedBy: string;
}

/** Of a row of policy_activations `p`: it was not called off. */
export const NOT_CANCELLED =
  'NOT EXISTS (SELECT FROM policy_cancellations x WHERE x.tenant_id = p.tenant_id AND x.activation_id = p.id)';
/** Of a row of policy_activations `p`: since when it is in force; the index policy_activations_effective is by it. */
export const IN_FORCE_SINCE = 'coalesce(p.effective_at, p.activated_at)';

/**
 * SQL of the activation in force at an instant (a placeholder, engine clock): one probe of an index. A row without an
 * instant of its own is in force for whoever sees it: the clocks of two machines need not agree (ADR 0016).
 * @param columns of policy_activations `p`; the tenant is `$1`.
 */
export function inForceSql(columns: string, at: string): string {
  return `SELECT ${columns} FROM policy_activations p
    WHERE p.tenant_id = $1 AND (p.effective_at IS NULL OR p.effective_at <= ${at}) AND ${NOT_CANCELLED}
    ORDER BY ${IN_FORCE_SINCE} DESC, p.id DESC LIMIT 1`;
}

/** SQL of the first instant after `at` at which another set takes effect; null where none is to come. */
export function nextInForceSql(at: string): string {
  return `SELECT min(p.effective_at) FROM policy_activations p
    WHERE p.tenant_id = $1 AND p.effective_at > ${at} AND ${IN_FORCE_SINCE} > ${at} AND ${NOT_CANCELLED}`;
}

/** Keep a set and its documents for good (I7). What is stored already under the same hash is left alone. */
export async function storePolicySet(tx: Tx, set: PolicySetInput, at: EpochMs): Promise<void> {
  await tx.orm
    .insert(policyDocuments)
    .values(set.documents.map((document) => ({ tenantId: tx.tenantId, ...document, createdAt: at })))
    .onConflictDoNothing();
  await tx.orm
    .insert(policySets)
    .values({
      tenantId: tx.tenantId,
      hash: set.hash,
      documentHashes: set.documents.map((document) => document.hash),
      createdAt: at,
    })
    .onConflictDoNothing();
}

/** Put a stored set in force from now on. Append-only: what was in force before stays known. */
export async function activatePolicySet(tx: Tx, setHash: string, by: string, at: EpochMs): Promise<void> {
  await tx.orm
    .insert(policyActivations)
    .values({ tenantId: tx.tenantId, setHash, activatedAt: at, activatedBy: by });
}

/** The set in force at an instant with its documents, or null when none was (then the gate denies, I6). */
export async function activePolicySet(tx: Tx, at: EpochMs): Promise<ActivePolicySet | null> {
  const rows = await tx.query<{ setHash: string; activatedAt: EpochMs; activatedBy: string }>(
    inForceSql(
      `p.set_hash AS "setHash", ${IN_FORCE_SINCE} AS "activatedAt", p.activated_by AS "activatedBy"`,
      '$2',
    ),
    [tx.tenantId, toIso(at)],
  );
  const latest = rows[0];
  if (latest === undefined) return null;
  const sets = await policySetsByHash(tx, [latest.setHash]);
  return {
    hash: latest.setHash,
    documents: sets.get(latest.setHash) ?? [],
    activatedAt: latest.activatedAt,
    activatedBy: latest.activatedBy,
  };
}

/** Hash of the set in force at an instant, or null; cheap enough for every gate pass. */
export async function activePolicySetHash(tx: Tx, at: EpochMs): Promise<string | null> {
  const rows = await tx.prepared<{ set_hash: string }>('active_policy_set', inForceSql('p.set_hash', '$2'), [
    tx.tenantId,
    toIso(at),
  ]);
  return rows[0]?.set_hash ?? null;
}

/** Documents of each of these sets, by set hash. */
export async function policySetsByHash(
  tx: Tx,
  hashes: readonly string[],
): Promise<Map<string, StoredPolicyDocument[]>> {
  if (hashes.length === 0) return new Map();
  const sets = await tx.orm
    .select()
    .from(policySets)
    .where(and(eq(policySets.tenantId, tx.tenantId), inArray(policySets.hash, [...hashes])));
  const wanted = [...new Set(sets.flatMap((set) => set.documentHashes))];
  const documents =
    wanted.length === 0
      ? []
      : await tx.orm
          .select()
          .from(policyDocuments)
          .where(and(eq(policyDocuments.tenantId, tx.tenantId), inArray(policyDocuments.hash, wanted)));
  const byHash = new Map(documents.map((document) => [document.hash, document]));
  return new Map(sets.map((set) => [set.hash, set.documentHashes.flatMap((hash) => byHash.get(hash) ?? [])]));
}

/** The calendars of the set in force at `at`, each with the last day that it speaks of; empty where none is in force. */
export async function calendarsInForce(
  tx: Tx,
  at: EpochMs,
): Promise<{ readonly id: string; readonly coveredTo: string }[]> {
  const hash = await activePolicySetHash(tx, at);
  if (hash === null) return [];
  return tx.prepared(
    'calendars_in_force',
    `SELECT d.document_id AS id, d.body::jsonb->'coverage'->>'to' AS "coveredTo"
     FROM policy_sets s JOIN policy_documents d ON d.tenant_id = s.tenant_id AND d.hash = ANY (s.document_hashes)
     WHERE s.tenant_id = $1 AND s.hash = $2 AND d.kind = 'calendar' ORDER BY d.document_id`,
    [tx.tenantId, hash],
  );
}
