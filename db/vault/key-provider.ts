import { hkdfSync, randomBytes } from 'node:crypto';
import { invalidInput } from '../../domain/failures.ts';
import { readKeyFile } from './key-file.ts';
import { KEY_BYTES } from './sealing.ts';

/** What a tenant key is for; part of its derivation, so that no key serves two ends. */
export const KEY_LABELS = { wrap: 'person-key-wrap', pepper: 'number-pepper', data: 'tenant-data' } as const;
export type KeyLabel = (typeof KEY_LABELS)[keyof typeof KEY_LABELS];

/** Where tenant keys come from: a key in the environment, in a file, or a key service behind the same port. */
export interface KeyProvider {
  /** Version that new ciphertexts are made under, from 1. Older versions stay derivable. */
  readonly keyVersion: number;
  /** The 32-byte key of a tenant for one end. The same arguments always give the same key. */
  tenantKey(tenantId: string, label: KeyLabel, keyVersion: number): Buffer;
}

/** HKDF-SHA-256 (RFC 5869): salt is the tenant, info the end and the version. */
function derivingProvider(master: Buffer, keyVersion: number): KeyProvider {
  return {
    keyVersion,
    tenantKey: (tenantId, label, version) =>
      Buffer.from(hkdfSync('sha256', master, tenantId, `rightcall/${label}/v${version}`, KEY_BYTES)),
  };
}

const HEX_KEY = /^[0-9a-f]{64}$/i;

/**
 * Tenant keys from a master key given as 64 hexadecimal digits.
 * @throws RightcallError `invalid_input` when it is anything else; the message never holds the value.
 */
export function environmentKeyProvider(hex: string, options: { keyVersion?: number } = {}): KeyProvider {
  if (!HEX_KEY.test(hex)) {
    throw invalidInput([
      {
        field: 'RIGHTCALL_MASTER_KEY',
        fault: `has ${hex.length} characters and is no key`,
        expected: '64 hexadecimal digits, as `openssl rand -hex 32` prints',
      },
    ]);
  }
  return derivingProvider(Buffer.from(hex, 'hex'), options.keyVersion ?? 1);
}

/**
 * Tenant keys from a master key in a file, which is made with a random key and mode 0600 when it is missing.
 * Several processes may start at once: one makes it, all read the same.
 * @throws RightcallError `refused` when others than the owner may read it; `invalid_input` when it holds no key.
 */
export function fileKeyProvider(path: string, options: { keyVersion?: number } = {}): KeyProvider {
  const made = () => `${randomBytes(KEY_BYTES).toString('hex')}\n`;
  const hex = readKeyFile('RIGHTCALL_MASTER_KEY_FILE', path, made).trim();
  if (!HEX_KEY.test(hex)) {
    throw invalidInput([
      {
        field: 'RIGHTCALL_MASTER_KEY_FILE',
        fault: `${path} holds no key`,
        expected: 'one line of 64 hexadecimal digits, as `openssl rand -hex 32` prints',
      },
    ]);
  }
  return derivingProvider(Buffer.from(hex, 'hex'), options.keyVersion ?? 1);
}
