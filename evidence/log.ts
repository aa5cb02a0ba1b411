import type { Statements } from '../db/client.ts';
import { treeHashes, type CheckpointRow } from '../db/repositories/evidence-log.ts';
import { CHECKPOINT_SCHEMA, type SignedCheckpoint } from './checkpoint.ts';
import type { TileSource } from './tree.ts';

/** The tree as it stands in the tenant's tables. */
export function tilesIn(tx: Statements): TileSource {
  return { read: (level, from, to) => treeHashes(tx, level, from, to) };
}

/** A checkpoint as it was signed. */
export function signedOf(tenantId: string, row: CheckpointRow): SignedCheckpoint {
  const { size, root, atReal, keyId, publicKey, signature } = row;
  return {
    checkpoint: { schema: CHECKPOINT_SCHEMA, tenantId, size, root, atReal, keyId, publicKey },
    signature,
  };
}
