import type { Tx } from '../db/client.ts';
import { IN_FORCE_SINCE, NOT_CANCELLED } from '../db/repositories/policies.ts';
import { messageOf } from '../domain/failures.ts';
import { compilePolicySet, type CompiledPolicySet, type StoredDocument } from '../policies/index.ts';
import { checkDocuments } from './checks/evidence.ts';
import type { Activation } from './checks/in-force.ts';
import { checkTightenOnly } from './checks/tighten.ts';
import type { Violation } from './verdict.ts';

/** A stored document: its hash and the very bytes that were hashed. */
type DocumentBytes = Pick<StoredDocument, 'hash' | 'body'>;

/** A set of documents that decisions name, and what was wrong with it. */
export interface AuditedPolicySet {
  /** Null when its documents are missing, changed or no policy set. */
  readonly compiled: CompiledPolicySet | null;
  readonly evidence: readonly Violation[];
  readonly tighten: readonly Violation[];
}

/** Sets kept compiled; decisions come in the order they were made, so few sets are in use at a time. */
const SETS_KEPT = 64;

export interface PolicyStore {
  /** The set of this hash; `first` is true when it is met for the first time, so that its faults count once. */
  load(setHash: string): Promise<{ set: AuditedPolicySet; first: boolean }>;
}

export function createPolicyStore(tx: Tx): PolicyStore {
  const kept = new Map<string, AuditedPolicySet>();
  const met = new Set<string>();
  return {
    load: async (setHash) => {
      let set = kept.get(setHash);
      if (set === undefined) {
        set = await readSet(tx, setHash);
        if (kept.size >= SETS_KEPT) kept.delete(kept.keys().next().value!);
        kept.set(setHash, set);
      }
      const first = !met.has(setHash);
      met.add(setHash);
      return { set, first };
    },
  };
}

/** Every set that was put in force and not called off, by when; a tenant has few. */
export async function activationsOf(tx: Tx): Promise<Activation[]> {
  return tx.query(
    `SELECT p.id, ${IN_FORCE_SINCE} AS "from", coalesce(s.document_hashes, '{}') AS "documentHashes"
     FROM policy_activations p
     LEFT JOIN policy_sets s ON s.tenant_id = p.tenant_id AND s.hash = p.set_hash
     WHERE p.tenant_id = $1 AND ${NOT_CANCELLED}`,
    [tx.tenantId],
  );
}

async function readSet(tx: Tx, setHash: string): Promise<AuditedPolicySet> {
  const sets = await tx.query<{ document_hashes: string[] }>(
    'SELECT document_hashes FROM policy_sets WHERE tenant_id = $1 AND hash = $2',
    [tx.tenantId, setHash],
  );
  const hashes = sets[0]?.document_hashes;
  if (hashes === undefined) return broken(setHash, 'is a policy set that is not stored', 'every set in use');
  const documents = await tx.query<DocumentBytes>(
    'SELECT hash, body FROM policy_documents WHERE tenant_id = $1 AND hash = ANY($2)',
    [tx.tenantId, hashes],
  );
  return auditSet(setHash, hashes, documents);
}

/** Checks a stored set's bytes and compiles it; pure. */
export function auditSet(
  setHash: string,
  documentHashes: readonly string[],
  documents: readonly DocumentBytes[],
): AuditedPolicySet {
  const evidence = checkDocuments(setHash, documentHashes, documents);
  if (evidence.length > 0) return { compiled: null, evidence, tighten: [] };
  try {
    const parsed = documents.map((document): unknown => JSON.parse(document.body));
    const tighten = parsed.flatMap((document) => checkTightenOnly(setHash, document));
    const compiled = compilePolicySet(parsed);
    if (compiled.hash === setHash) return { compiled, evidence, tighten };
    const wrong = broken(
      setHash,
      `is a policy set whose documents hash to ${compiled.hash}`,
      `SHA-256 ${setHash}`,
    );
    return { ...wrong, tighten };
  } catch (error) {
    return broken(setHash, `is a policy set that is none: ${messageOf(error)}`, 'documents that compile');
  }
}

function broken(setHash: string, what: string, expected: string): AuditedPolicySet {
  return { compiled: null, evidence: [{ subject: { policySet: setHash }, what, expected }], tighten: [] };
}
