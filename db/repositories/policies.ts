import { and, desc, eq, inArray } from 'drizzle-orm';
import type { EpochMs } from '../../domain/time.ts';
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
  readonly activatedAt: EpochMs;
  readonly activatedBy: string;
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

/** The set in force with its documents, or null when none was ever activated (then the gate denies, I6). */
export async function activePolicySet(tx: Tx): Promise<ActivePolicySet | null> {
  const rows = await tx.orm
    .select()
    .from(policyActivations)
    .where(eq(policyActivations.tenantId, tx.tenantId))
    .orderBy(desc(policyActivations.id))
    .limit(1);
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

/** Hash of the set in force, or null; cheap enough for every gate pass. */
export async function activePolicySetHash(tx: Tx): Promise<string | null> {
  const rows = await tx.prepared<{ set_hash: string }>(
    'active_policy_set',
    'SELECT set_hash FROM policy_activations WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1',
    [tx.tenantId],
  );
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
