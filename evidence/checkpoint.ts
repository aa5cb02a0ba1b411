import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { EpochMs } from '../domain/time.ts';
import { canonicalJson } from '../policies/index.ts';

/** What a checkpoint states: so many decisions, in this order and no other, give this root. */
export const CHECKPOINT_SCHEMA = 'rightcall.checkpoint/1';

export interface Checkpoint {
  readonly schema: typeof CHECKPOINT_SCHEMA;
  readonly tenantId: string;
  /** How many decisions the log holds. */
  readonly size: number;
  /** Root of RFC 9162 over them, lower-case hex. */
  readonly root: string;
  /** When it was made (real). */
  readonly atReal: EpochMs;
  readonly keyId: string;
  /** Ed25519, SubjectPublicKeyInfo (DER) in base64. */
  readonly publicKey: string;
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Ed25519 over the checkpoint's canonical JSON (RFC 8785), base64. */
  readonly signature: string;
}

/** Signs checkpoints with the deployment's key. */
export interface Signer {
  readonly keyId: string;
  readonly publicKey: string;
  sign(statement: Pick<Checkpoint, 'tenantId' | 'size' | 'root' | 'atReal'>): SignedCheckpoint;
}

export function createSigner(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  const keyId = keyIdOf(publicKey);
  return {
    keyId,
    publicKey,
    sign: ({ tenantId, size, root, atReal }) => {
      const checkpoint = {
        schema: CHECKPOINT_SCHEMA,
        tenantId,
        size,
        root,
        atReal,
        keyId,
        publicKey,
      } as const;
      const signature = sign(null, Buffer.from(canonicalJson(checkpoint)), privateKey).toString('base64');
      return { checkpoint, signature };
    },
  };
}

/** First 16 hex digits of the SHA-256 over the public key (DER): what people compare. */
export function keyIdOf(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex').slice(0, 16);
}

/** What is wrong with a checkpoint by itself; null: it is signed by the key that it names. */
export function faultOfCheckpoint({ checkpoint, signature }: SignedCheckpoint): string | null {
  if (keyIdOf(checkpoint.publicKey) !== checkpoint.keyId) return 'names a key that its key id is not of';
  try {
    const key = createPublicKey({
      key: Buffer.from(checkpoint.publicKey, 'base64'),
      format: 'der',
      type: 'spki',
    });
    const holds = verify(null, Buffer.from(canonicalJson(checkpoint)), key, Buffer.from(signature, 'base64'));
    return holds ? null : 'has a signature that does not hold';
  } catch {
    return 'holds no public key that can be read';
  }
}
