import type { Tx } from '../../db/client.ts';
import { policySetsByHash } from '../../db/repositories/policies.ts';
import type { PreviewRow } from '../../db/repositories/policy-previews.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { EpochMs } from '../../domain/time.ts';
import { fromStored } from '../../policies/index.ts';
import type { DocumentPair } from './campaigns.ts';
import type { PreviewQuestion } from './work.ts';

/** What is stored with a preview of what was asked. */
export interface PreviewRequest {
  readonly campaignId: string | null;
  readonly at: EpochMs;
  readonly past: { readonly from: EpochMs; readonly until: EpochMs };
  readonly horizonMs: number;
}

/** @throws RightcallError `unavailable` when a set or a document of one is not stored */
async function documentsOf(tx: Tx, baseHash: string, candidateHash: string): Promise<DocumentPair> {
  const sets = await policySetsByHash(tx, [baseHash, candidateHash]);
  const read = (hash: string) => {
    const stored = sets.get(hash);
    if (stored !== undefined) return stored.map(fromStored);
    throw new RightcallError('internal', `the policy set ${hash.slice(0, 12)} is not stored whole`);
  };
  return { base: read(baseHash), candidate: read(candidateHash) };
}

/** The question of a preview: of the draft as it was when it was asked, whatever has become of it since. */
export async function questionOf(
  tx: Tx,
  preview: Pick<PreviewRow, 'baseHash' | 'candidateHash'>,
  request: PreviewRequest,
): Promise<PreviewQuestion> {
  const { campaignId, at, past, horizonMs } = request;
  const documents = await documentsOf(tx, preview.baseHash, preview.candidateHash);
  return { campaignId, at, past: { ...past, campaignId }, horizonMs, documents };
}
