import { permissionsOf } from '../../domain/access.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { Database } from '../../db/client.ts';
import { keyOfHash, type KeyOfHash } from '../../db/repositories/access.ts';
import type { Principal } from '../principal.ts';
import { hashOfKey, tenantOfKey } from './key-text.ts';

/** Real ms that a key is believed without asking the database: a revocation binds everywhere within this time. */
export const KEY_CACHE_MS = 3_000;
/** Keys remembered at the most, so that memory stays bounded; the oldest goes first. */
const REMEMBERED = 10_000;

interface Remembered {
  readonly key: KeyOfHash;
  readonly principal: Principal;
  readonly readReal: number;
}

export interface KeyBook {
  /** @throws RightcallError `unauthorized` for a key that is none, is revoked, or has expired. */
  principalOf(text: string): Promise<Principal>;
  /** Ask the database again from now on; after a change made in this process. */
  forget(): void;
}

/** API keys by their text. @param nowReal real epoch ms */
export function createKeyBook(db: Database, nowReal: () => number = () => Date.now()): KeyBook {
  const remembered = new Map<string, Remembered>();
  let changes = 0;

  async function read(text: string): Promise<Remembered> {
    const tenantId = tenantOfKey(text);
    if (tenantId === null) throw wrong('the API key is wrong');
    const hash = hashOfKey(text);
    const place = hash.toString('base64');
    const known = remembered.get(place);
    if (known !== undefined && nowReal() - known.readReal < KEY_CACHE_MS) return known;
    const startedReal = nowReal();
    const changesAtStart = changes;
    const key = await db.single(tenantId, (statements) => keyOfHash(statements, hash));
    remembered.delete(place);
    if (key === null) throw wrong('the API key is wrong');
    const entry = { key, principal: principalOfKey(tenantId, key), readReal: startedReal };
    // What was read while a key was being changed may be what it was before.
    if (changes === changesAtStart) remember(remembered, place, entry);
    return entry;
  }

  return {
    principalOf: async (text) => {
      const { key, principal } = await read(text);
      if (key.revokedReal !== null) throw wrong('the API key was revoked');
      if (key.expiresReal !== null && key.expiresReal <= nowReal()) throw wrong('the API key has expired');
      return principal;
    },
    forget: () => {
      changes += 1;
      remembered.clear();
    },
  };
}

function principalOfKey(tenantId: string, key: KeyOfHash): Principal {
  return {
    tenantId,
    actor: `key:${key.name}`,
    roles: key.roles,
    permissions: permissionsOf(key.roles, key.scopes),
    limitKey: key.id,
    keyId: key.id,
  };
}

function remember(remembered: Map<string, Remembered>, place: string, entry: Remembered): void {
  remembered.set(place, entry);
  if (remembered.size <= REMEMBERED) return;
  const oldest = remembered.keys().next().value;
  if (oldest !== undefined) remembered.delete(oldest);
}

function wrong(detail: string): RightcallError {
  return new RightcallError('unauthorized', detail);
}
