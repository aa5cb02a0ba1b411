import { createHmac, createSecretKey, randomFillSync, type KeyObject } from 'node:crypto';
import { RightcallError } from '../../domain/failures.ts';
import { createKeyCache } from './key-cache.ts';
import { KEY_LABELS, type KeyLabel, type KeyProvider } from './key-provider.ts';
import type { KeyStore, WrappedKey } from './key-store.ts';
import { KEY_BYTES, seal, unseal } from './sealing.ts';

/** Personal fields of a person, such as name, email, address. */
export type Profile = Readonly<Record<string, string>>;
/** A contact's attributes as imported. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What an agent writes of a call. */
type CallPart = 'notes' | 'form';

/** What opening gives: the value, or the refusal that the person was erased. Tampering throws. */
export type Opened<T> = { readonly kind: 'opened'; readonly value: T } | { readonly kind: 'erased' };

/** Seals and opens one person's fields with the key at hand; for batches. `dispose` zeroes the key. */
export interface PersonSealer {
  readonly personId: string;
  sealNumber(e164: string): Buffer;
  openNumber(sealed: Buffer): string;
  sealProfile(profile: Profile): Buffer;
  openProfile(sealed: Buffer): Profile;
  sealAttributes(contactId: string, attributes: Attributes): Buffer;
  openAttributes(contactId: string, sealed: Buffer): Attributes;
  /** What an agent wrote of a call, as JSON. */
  sealOfCall(attemptId: string, part: CallPart, value: unknown): Buffer;
  openOfCall(attemptId: string, part: CallPart, sealed: Buffer): unknown;
  dispose(): void;
}

export interface Vault {
  /** Keyed hash of an E.164 number under the tenant's pepper, 32 bytes: what numbers are found by. */
  numberHash(tenantId: string, e164: string): Buffer;
  /** Keyed hash under the tenant's pepper of a text that is no number, 32 bytes; the text names what it is for. */
  mac(tenantId: string, text: string): Buffer;
  /**
   * Make and store a random data key for each person, before the persons' rows are written: a crash between the two
   * leaves a key nobody uses, never a person without a key. In the order given.
   */
  createPersonKeys(tenantId: string, personIds: readonly string[]): Promise<PersonSealer[]>;
  /** Sealers of persons there are, in one query; erased persons are absent. */
  sealersOf(tenantId: string, personIds: readonly string[]): Promise<Map<string, PersonSealer>>;
  sealNumber(tenantId: string, personId: string, e164: string): Promise<Opened<Buffer>>;
  openNumber(tenantId: string, personId: string, sealed: Buffer): Promise<Opened<string>>;
  sealProfile(tenantId: string, personId: string, profile: Profile): Promise<Opened<Buffer>>;
  openProfile(tenantId: string, personId: string, sealed: Buffer): Promise<Opened<Profile>>;
  sealAttributes(
    tenantId: string,
    personId: string,
    contactId: string,
    attributes: Attributes,
  ): Promise<Opened<Buffer>>;
  openAttributes(
    tenantId: string,
    personId: string,
    contactId: string,
    sealed: Buffer,
  ): Promise<Opened<Attributes>>;
  /** Seal something that belongs to the tenant and to no person, such as a carrier's credentials. */
  sealForTenant(tenantId: string, label: string, text: string): Buffer;
  /** @throws RightcallError `internal` when it was not sealed for this tenant and label. */
  openForTenant(tenantId: string, label: string, sealed: Buffer): string;
  /**
   * Erase a person: the key goes, and with it every field sealed under it, in backups of the main database as well.
   * Other processes that hold the key in memory forget it within a minute. @returns whether there was a key.
   */
  destroyPersonKey(tenantId: string, personId: string): Promise<boolean>;
  /** Zero what is in memory and close the store. */
  close(): Promise<void>;
}

export interface VaultOptions {
  readonly keyProvider: KeyProvider;
  readonly keyStore: KeyStore;
  /** Person keys kept in memory; 0 keeps none. */
  readonly cachedKeys?: number;
  /** Real milliseconds a key may be used from memory before the store is asked again. */
  readonly cachedKeyMaxAgeMs?: number;
}

/** The pepper is not versioned: a number's hash is its identity and must not change. */
const PEPPER_VERSION = 1;

/** Build the vault. Connects to nothing by itself. */
export function createVault(options: VaultOptions): Vault {
  const { keyProvider, keyStore } = options;
  const cache = createKeyCache(options.cachedKeys ?? 10_000, options.cachedKeyMaxAgeMs ?? 60_000);
  const tenantKeys = new Map<string, Buffer>();
  /** Counts erasures, so that a key read before one is not kept after it. */
  let erasures = 0;
  const peppers = new Map<string, KeyObject>();

  function tenantKey(tenantId: string, label: KeyLabel, version: number): Buffer {
    const id = `${label}/${version}/${tenantId}`;
    let key = tenantKeys.get(id);
    if (key === undefined) {
      key = keyProvider.tenantKey(tenantId, label, version);
      tenantKeys.set(id, key);
    }
    return key;
  }

  function wrap(tenantId: string, personId: string, key: Buffer): WrappedKey {
    const keyVersion = keyProvider.keyVersion;
    const wrapping = tenantKey(tenantId, KEY_LABELS.wrap, keyVersion);
    return { personId, keyVersion, wrappedKey: seal(wrapping, placeOf(tenantId, personId, 'key'), key) };
  }

  function unwrap(tenantId: string, wrapped: WrappedKey): Buffer {
    const wrapping = tenantKey(tenantId, KEY_LABELS.wrap, wrapped.keyVersion);
    const place = placeOf(tenantId, wrapped.personId, 'key');
    return mustOpen(unseal(wrapping, place, wrapped.wrappedKey), 'a person key');
  }

  /**
   * Run `work` with the person's key. It runs in the same turn in which the key was found, so that an eviction
   * cannot zero the key under it.
   */
  async function withKey<T>(
    tenantId: string,
    personId: string,
    work: (sealer: PersonSealer) => T,
  ): Promise<Opened<T>> {
    const id = `${tenantId}/${personId}`;
    let key = cache.get(id);
    if (key === undefined) {
      const before = erasures;
      const [wrapped] = await keyStore.get(tenantId, [personId]);
      if (wrapped === undefined) return { kind: 'erased' };
      key = unwrap(tenantId, wrapped);
      const value = work(new KeySealer(tenantId, personId, key));
      if (erasures === before) cache.set(id, key);
      else key.fill(0);
      return { kind: 'opened', value };
    }
    return { kind: 'opened', value: work(new KeySealer(tenantId, personId, key)) };
  }

  function peppered(tenantId: string, text: string): Buffer {
    let pepper = peppers.get(tenantId);
    if (pepper === undefined) {
      pepper = createSecretKey(keyProvider.tenantKey(tenantId, KEY_LABELS.pepper, PEPPER_VERSION));
      peppers.set(tenantId, pepper);
    }
    return createHmac('sha256', pepper).update(text).digest();
  }

  return {
    numberHash: peppered,
    // A number begins with +, so that no text of this form is ever a number.
    mac: (tenantId, text) => peppered(tenantId, `mac|${text}`),
    createPersonKeys: async (tenantId, personIds) => {
      const keys = randomFillSync(Buffer.alloc(KEY_BYTES * personIds.length));
      const keyAt = (i: number) => keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
      await keyStore.put(
        tenantId,
        personIds.map((personId, i) => wrap(tenantId, personId, keyAt(i))),
      );
      return personIds.map((personId, i) => new KeySealer(tenantId, personId, keyAt(i)));
    },
    sealersOf: async (tenantId, personIds) => {
      if (personIds.length === 0) return new Map();
      const wrapped = await keyStore.get(tenantId, personIds);
      return new Map(
        wrapped.map((key) => [key.personId, new KeySealer(tenantId, key.personId, unwrap(tenantId, key))]),
      );
    },
    sealNumber: (tenantId, personId, e164) => withKey(tenantId, personId, (s) => s.sealNumber(e164)),
    openNumber: (tenantId, personId, sealed) => withKey(tenantId, personId, (s) => s.openNumber(sealed)),
    sealProfile: (tenantId, personId, profile) => withKey(tenantId, personId, (s) => s.sealProfile(profile)),
    openProfile: (tenantId, personId, sealed) => withKey(tenantId, personId, (s) => s.openProfile(sealed)),
    sealAttributes: (tenantId, personId, contactId, attributes) =>
      withKey(tenantId, personId, (s) => s.sealAttributes(contactId, attributes)),
    openAttributes: (tenantId, personId, contactId, sealed) =>
      withKey(tenantId, personId, (s) => s.openAttributes(contactId, sealed)),
    sealForTenant: (tenantId, label, text) => {
      const version = Buffer.alloc(2);
      version.writeUInt16BE(keyProvider.keyVersion);
      const key = tenantKey(tenantId, KEY_LABELS.data, keyProvider.keyVersion);
      return Buffer.concat([version, seal(key, placeOf(tenantId, 'tenant', label), text)]);
    },
    openForTenant: (tenantId, label, sealed) => {
      if (sealed.length < 2) return mustOpen(null, 'a tenant secret').toString();
      const key = tenantKey(tenantId, KEY_LABELS.data, sealed.readUInt16BE(0));
      return mustOpen(
        unseal(key, placeOf(tenantId, 'tenant', label), sealed.subarray(2)),
        'a tenant secret',
      ).toString();
    },
    destroyPersonKey: async (tenantId, personId) => {
      const destroyed = await keyStore.destroy(tenantId, personId);
      erasures += 1;
      cache.delete(`${tenantId}/${personId}`);
      return destroyed;
    },
    close: async () => {
      cache.clear();
      for (const key of tenantKeys.values()) key.fill(0);
      tenantKeys.clear();
      peppers.clear();
      await keyStore.close();
    },
  };
}

/** Associated data: this ciphertext belongs to this field of this person of this tenant. */
function placeOf(tenantId: string, owner: string, field: string): string {
  return `rightcall/1|${tenantId}|${owner}|${field}`;
}

function mustOpen(plain: Buffer | null, what: string): Buffer {
  if (plain === null) {
    throw new RightcallError(
      'internal',
      `${what} does not open: it was altered, moved from another row, or sealed under another master key`,
    );
  }
  return plain;
}

/** A class and not closures: an import makes thousands of them at once. */
class KeySealer implements PersonSealer {
  readonly personId: string;
  readonly #place: string;
  readonly #key: Buffer;

  constructor(tenantId: string, personId: string, key: Buffer) {
    this.personId = personId;
    this.#place = placeOf(tenantId, personId, '');
    this.#key = key;
  }

  #seal(field: string, plain: string): Buffer {
    return seal(this.#key, this.#place + field, plain);
  }

  #open(field: string, what: string, sealed: Buffer): string {
    return mustOpen(unseal(this.#key, this.#place + field, sealed), what).toString();
  }

  sealNumber(e164: string): Buffer {
    return this.#seal('number', e164);
  }

  openNumber(sealed: Buffer): string {
    return this.#open('number', "a person's number", sealed);
  }

  sealProfile(profile: Profile): Buffer {
    return this.#seal('profile', JSON.stringify(profile));
  }

  openProfile(sealed: Buffer): Profile {
    return JSON.parse(this.#open('profile', "a person's profile", sealed)) as Profile;
  }

  sealAttributes(contactId: string, attributes: Attributes): Buffer {
    return this.#seal(`attributes/${contactId}`, JSON.stringify(attributes));
  }

  openAttributes(contactId: string, sealed: Buffer): Attributes {
    return JSON.parse(this.#open(`attributes/${contactId}`, "a contact's attributes", sealed)) as Attributes;
  }

  sealOfCall(attemptId: string, part: CallPart, value: unknown): Buffer {
    return this.#seal(`${part}/${attemptId}`, JSON.stringify(value));
  }

  openOfCall(attemptId: string, part: CallPart, sealed: Buffer): unknown {
    return JSON.parse(this.#open(`${part}/${attemptId}`, `the ${part} of a call`, sealed)) as unknown;
  }

  dispose(): void {
    this.#key.fill(0);
  }
}
