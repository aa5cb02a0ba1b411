import { hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { invalidInput, messageOf, RightcallError } from '../../domain/failures.ts';
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
  createWhenMissing(path);
  const mode = statSync(path).mode & 0o777;
  // Windows has no such bits and reports them as set for all.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new RightcallError(
      'refused',
      `RIGHTCALL_MASTER_KEY_FILE: ${path} can be read by others (mode ${mode.toString(8)}); expected mode 600: chmod 600 it, and replace the key if others may have read it`,
    );
  }
  const hex = readFileSync(path, 'utf8').trim();
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

function createWhenMissing(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(draft, 0o600);
    // A link appears whole or not at all, and never replaces a key that another process made first.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new RightcallError(
        'unavailable',
        `RIGHTCALL_MASTER_KEY_FILE: could not be made: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  } finally {
    rmSync(draft, { force: true });
  }
}
