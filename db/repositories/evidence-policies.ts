import type { Statements } from '../client.ts';

/** Sets that decided: of one contact, or (null) of anybody. */
export async function policySetsInUse(
  tx: Statements,
  contactId: string | null,
): Promise<{ hash: string; documentHashes: string[] }[]> {
  // A set that decided nothing does no harm in an export; to look through all decisions for it would.
  return contactId === null
    ? tx.prepared(
        'evidence_all_sets',
        'SELECT hash, document_hashes AS "documentHashes" FROM policy_sets WHERE tenant_id = $1 ORDER BY hash',
        [tx.tenantId],
      )
    : tx.prepared(
        'evidence_contact_sets',
        `SELECT hash, document_hashes AS "documentHashes" FROM policy_sets
         WHERE tenant_id = $1 AND hash IN (
           SELECT DISTINCT policy_set_hash FROM decisions WHERE tenant_id = $1 AND contact_id = $2)
         ORDER BY hash`,
        [tx.tenantId, contactId],
      );
}

export interface EvidenceDocument {
  readonly hash: string;
  readonly kind: string;
  readonly documentId: string;
  readonly version: string;
  readonly body: string;
}

export async function documentsOfSets(
  tx: Statements,
  hashes: readonly string[],
): Promise<EvidenceDocument[]> {
  return tx.prepared(
    'evidence_documents',
    `SELECT hash, kind, document_id AS "documentId", version, body FROM policy_documents
     WHERE tenant_id = $1 AND hash = ANY ($2) ORDER BY hash`,
    [tx.tenantId, hashes],
  );
}
