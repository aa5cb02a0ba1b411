import { createHash, randomBytes } from 'node:crypto';

/**
 * An API key as text: `rck_` and 48 bytes in base64url. The first 32 bytes are random and are the secret; the last
 * 16 are the tenant's id, so that a key is looked up among the rows of its own tenant alone and row-level security
 * holds for the look-up too.
 */
const PREFIX = 'rck_';
const SECRET_BYTES = 32;
const TENANT_BYTES = 16;
const KEY = /^rck_[A-Za-z0-9_-]{64}$/;
/** Characters after `rck_` that people see of a key: 24 bits, enough to tell keys apart and nothing to guess from. */
const SHOWN_CHARACTERS = 4;

export interface KeyText {
  /** The whole key; shown once, when it is made. */
  readonly text: string;
  /** What is stored of it. */
  readonly hash: Buffer;
  /** Such as `rck_ab12…`. */
  readonly prefix: string;
}

/** A new key of this tenant. */
export function makeKeyText(tenantId: string): KeyText {
  const tenant = Buffer.from(tenantId.replaceAll('-', ''), 'hex');
  const text = PREFIX + Buffer.concat([randomBytes(SECRET_BYTES), tenant]).toString('base64url');
  return { text, hash: hashOfKey(text), prefix: `${text.slice(0, PREFIX.length + SHOWN_CHARACTERS)}…` };
}

/** The tenant that a key says it is of; null where it has not the form of a key. Says nothing of whether it is one. */
export function tenantOfKey(text: string): string | null {
  if (!KEY.test(text)) return null;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  const hex = bytes.subarray(SECRET_BYTES, SECRET_BYTES + TENANT_BYTES).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** SHA-256: the secret is 256 random bits, which no dictionary has and nobody tries out; a slow hash would add nothing. */
export function hashOfKey(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
