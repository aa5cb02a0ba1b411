import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

/**
 * AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D, 8.2.2). Sealed form: format byte, nonce (12), ciphertext,
 * tag (16). The associated data names tenant, person and field, so that a ciphertext put into another row or column
 * does not open.
 */

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;
/** Bytes of every key here. */
export const KEY_BYTES = 32;

// Nonces are drawn many at a time: one call to the system's generator costs more than the cipher itself.
const noncePool = Buffer.alloc(NONCE_BYTES * 1024);
let nonceOffset = noncePool.length;

function drawNonce(into: Buffer): void {
  if (nonceOffset === noncePool.length) {
    randomFillSync(noncePool);
    nonceOffset = 0;
  }
  noncePool.copy(into, 1, nonceOffset, nonceOffset + NONCE_BYTES);
  nonceOffset += NONCE_BYTES;
}

/** Encrypt `plain` under `key`, bound to `associated`. */
export function seal(key: Buffer, associated: string, plain: Buffer | string): Buffer {
  const plainBytes = typeof plain === 'string' ? Buffer.byteLength(plain) : plain.length;
  const sealed = Buffer.allocUnsafe(HEADER_BYTES + plainBytes + TAG_BYTES);
  sealed[0] = FORMAT;
  drawNonce(sealed);
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(1, HEADER_BYTES));
  cipher.setAAD(Buffer.from(associated));
  sealed.set(typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain), HEADER_BYTES);
  cipher.final(); // GCM holds nothing back; this computes the tag.
  sealed.set(cipher.getAuthTag(), HEADER_BYTES + plainBytes);
  return sealed;
}

/** The plain bytes, or null when the ciphertext was not made with this key for this place, or was altered. */
export function unseal(key: Buffer, associated: string, sealed: Buffer): Buffer | null {
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== FORMAT) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, HEADER_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(associated));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([
      decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES)),
      decipher.final(),
    ]);
  } catch {
    return null;
  }
}
