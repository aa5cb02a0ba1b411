import { mkdtempSync, rmSync, statSync, chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createVault,
  environmentKeyProvider,
  fileKeyProvider,
  type KeyStore,
  type WrappedKey,
} from '../../db/vault/index.ts';
import { createKeyCache } from '../../db/vault/key-cache.ts';
import { seal, unseal } from '../../db/vault/sealing.ts';

const MASTER = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';
const TENANT = '0190a0a0-0000-7000-8000-000000000001';
const OTHER_TENANT = '0190a0a0-0000-7000-8000-000000000002';
const PERSON = '0190a0a0-0000-7000-8000-0000000000aa';
const OTHER_PERSON = '0190a0a0-0000-7000-8000-0000000000bb';

function memoryKeyStore(): KeyStore & { reads: number; keys: Map<string, WrappedKey> } {
  const keys = new Map<string, WrappedKey>();
  const store = {
    reads: 0,
    keys,
    put: async (tenantId: string, added: readonly WrappedKey[]) => {
      for (const key of added) keys.set(`${tenantId}/${key.personId}`, key);
    },
    get: async (tenantId: string, personIds: readonly string[]) => {
      store.reads += 1;
      return personIds.flatMap((personId) => keys.get(`${tenantId}/${personId}`) ?? []);
    },
    destroy: async (tenantId: string, personId: string) => keys.delete(`${tenantId}/${personId}`),
    close: async () => undefined,
  };
  return store;
}

function vaultOn(keyStore: KeyStore, options: { cachedKeys?: number } = {}) {
  return createVault({ keyProvider: environmentKeyProvider(MASTER), keyStore, ...options });
}

async function sealedNumber(vault: ReturnType<typeof vaultOn>): Promise<Buffer> {
  const [sealer] = await vault.createPersonKeys(TENANT, [PERSON]);
  return sealer!.sealNumber('+12025550100');
}

describe('the vault', () => {
  it('opens what it sealed, from the key store after the sealing key is gone', async () => {
    const keyStore = memoryKeyStore();
    const sealed = await sealedNumber(vaultOn(keyStore));
    expect(sealed.toString('latin1')).not.toContain('2025550100');
    expect(await vaultOn(keyStore).openNumber(TENANT, PERSON, sealed)).toEqual({
      kind: 'opened',
      value: '+12025550100',
    });
  });

  it('reads the key store once for many openings of one person, and every time without a cache', async () => {
    const keyStore = memoryKeyStore();
    const vault = vaultOn(keyStore);
    const sealed = await sealedNumber(vault);
    for (let i = 0; i < 5; i++) await vault.openNumber(TENANT, PERSON, sealed);
    expect(keyStore.reads).toBe(1);
    const uncached = vaultOn(keyStore, { cachedKeys: 0 });
    for (let i = 0; i < 3; i++) {
      expect((await uncached.openNumber(TENANT, PERSON, sealed)).kind).toBe('opened');
    }
    expect(keyStore.reads).toBe(4);
  });

  it('answers "erased" once the key is destroyed, however often it was opened before', async () => {
    const keyStore = memoryKeyStore();
    const vault = vaultOn(keyStore);
    const sealed = await sealedNumber(vault);
    await vault.openNumber(TENANT, PERSON, sealed);
    expect(await vault.destroyPersonKey(TENANT, PERSON)).toBe(true);
    expect(await vault.openNumber(TENANT, PERSON, sealed)).toEqual({ kind: 'erased' });
    expect(await vault.sealProfile(TENANT, PERSON, { name: 'A' })).toEqual({ kind: 'erased' });
    expect(await vault.destroyPersonKey(TENANT, PERSON)).toBe(false);
  });

  it('does not keep a key that was read just before it was destroyed', async () => {
    const keyStore = memoryKeyStore();
    const vault = vaultOn(keyStore);
    const sealed = await sealedNumber(vault);
    const read = keyStore.get.bind(keyStore);
    keyStore.get = async (tenantId, personIds) => {
      const found = await read(tenantId, personIds);
      await vault.destroyPersonKey(TENANT, PERSON);
      return found;
    };
    expect((await vault.openNumber(TENANT, PERSON, sealed)).kind).toBe('opened');
    expect(await vault.openNumber(TENANT, PERSON, sealed)).toEqual({ kind: 'erased' });
  });

  it('refuses a ciphertext that was moved to another person, tenant, field or contact, or altered', async () => {
    const vault = vaultOn(memoryKeyStore());
    const sealed = await sealedNumber(vault);
    await vault.createPersonKeys(TENANT, [OTHER_PERSON]);
    await vault.createPersonKeys(OTHER_TENANT, [PERSON]);
    await expect(vault.openNumber(TENANT, OTHER_PERSON, sealed)).rejects.toThrow('does not open');
    await expect(vault.openNumber(OTHER_TENANT, PERSON, sealed)).rejects.toThrow('does not open');
    await expect(vault.openProfile(TENANT, PERSON, sealed)).rejects.toThrow('does not open');
    const attributes = await vault.sealAttributes(TENANT, PERSON, 'contact-1', { 年龄: 35 });
    if (attributes.kind === 'erased') throw new Error('erased');
    await expect(vault.openAttributes(TENANT, PERSON, 'contact-2', attributes.value)).rejects.toThrow();
    expect(await vault.openAttributes(TENANT, PERSON, 'contact-1', attributes.value)).toEqual({
      kind: 'opened',
      value: { 年龄: 35 },
    });
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed);
      altered[at]! ^= 1;
      await expect(vault.openNumber(TENANT, PERSON, altered)).rejects.toThrow('does not open');
    }
  });

  it('refuses a wrapped key that was moved to another person', async () => {
    const keyStore = memoryKeyStore();
    const vault = vaultOn(keyStore);
    const sealed = await sealedNumber(vault);
    const stolen = keyStore.keys.get(`${TENANT}/${PERSON}`)!;
    keyStore.keys.set(`${TENANT}/${OTHER_PERSON}`, { ...stolen, personId: OTHER_PERSON });
    await expect(vault.openNumber(TENANT, OTHER_PERSON, sealed)).rejects.toThrow('a person key');
  });

  it('gives each tenant its own number hashes, always the same ones', () => {
    const hash = vaultOn(memoryKeyStore()).numberHash(TENANT, '+12025550100');
    expect(hash).toHaveLength(32);
    expect(vaultOn(memoryKeyStore()).numberHash(TENANT, '+12025550100').equals(hash)).toBe(true);
    expect(vaultOn(memoryKeyStore()).numberHash(OTHER_TENANT, '+12025550100').equals(hash)).toBe(false);
    expect(vaultOn(memoryKeyStore()).numberHash(TENANT, '+12025550101').equals(hash)).toBe(false);
  });

  it('opens what an older key version sealed, and a changed version seals differently', async () => {
    const keyStore = memoryKeyStore();
    const sealed = await sealedNumber(vaultOn(keyStore));
    const secret = vaultOn(keyStore).sealForTenant(TENANT, 'carrier', 'password');
    const later = createVault({
      keyProvider: environmentKeyProvider(MASTER, { keyVersion: 2 }),
      keyStore,
    });
    expect(await later.openNumber(TENANT, PERSON, sealed)).toMatchObject({ value: '+12025550100' });
    expect(later.openForTenant(TENANT, 'carrier', secret)).toBe('password');
    await later.createPersonKeys(TENANT, [OTHER_PERSON]);
    expect(keyStore.keys.get(`${TENANT}/${OTHER_PERSON}`)?.keyVersion).toBe(2);
    expect((await later.sealersOf(TENANT, [PERSON, OTHER_PERSON, TENANT])).size).toBe(2);
    expect(() => later.openForTenant(TENANT, 'other', secret)).toThrow('does not open');
    expect(() => later.openForTenant(OTHER_TENANT, 'carrier', secret)).toThrow('does not open');
  });
});

describe('the key cache', () => {
  it('zeroes a key that leaves it: pushed out, too old, replaced, deleted or cleared', () => {
    let now = 0;
    const cache = createKeyCache(2, 100, () => now);
    const key = () => Buffer.alloc(4, 7);
    const [a, b, c, d, e] = [key(), key(), key(), key(), key()];
    cache.set('a', a);
    cache.set('b', b);
    cache.get('a');
    cache.set('c', c);
    expect([...b]).toEqual([0, 0, 0, 0]);
    expect(cache.get('a')).toBe(a);
    cache.set('a', d);
    expect([...a]).toEqual([0, 0, 0, 0]);
    now = 101;
    expect(cache.get('c')).toBeUndefined();
    expect([...c]).toEqual([0, 0, 0, 0]);
    cache.delete('a');
    expect([...d]).toEqual([0, 0, 0, 0]);
    cache.set('e', e);
    cache.clear();
    expect([...e]).toEqual([0, 0, 0, 0]);
    expect(cache.size).toBe(0);
  });
});

describe('sealing', () => {
  it('never repeats a nonce over many sealings of the same text', () => {
    const key = Buffer.alloc(32, 1);
    const nonces = new Set(Array.from({ length: 5000 }, () => seal(key, '', 'x').toString('hex', 1, 13)));
    expect(nonces.size).toBe(5000);
  });

  it('answers null for what is no ciphertext', () => {
    expect(unseal(Buffer.alloc(32, 1), '', Buffer.alloc(0))).toBeNull();
    expect(unseal(Buffer.alloc(32, 1), '', Buffer.alloc(29, 1))).toBeNull();
  });
});

describe('master keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rightcall-vault-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('a missing key file is made for its owner alone and read again as the same key', () => {
    const path = join(folder, 'made', 'master.key');
    const first = fileKeyProvider(path).tenantKey(TENANT, 'tenant-data', 1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(fileKeyProvider(path).tenantKey(TENANT, 'tenant-data', 1).equals(first)).toBe(true);
    expect(fileKeyProvider(join(folder, 'b')).tenantKey(TENANT, 'tenant-data', 1).equals(first)).toBe(false);
  });

  it('a key file that others may read is refused', () => {
    const path = join(folder, 'open.key');
    writeFileSync(path, `${MASTER}\n`);
    for (const mode of [0o640, 0o604, 0o660]) {
      chmodSync(path, mode);
      expect(() => fileKeyProvider(path)).toThrow('can be read by others');
    }
    chmodSync(path, 0o400);
    expect(fileKeyProvider(path).keyVersion).toBe(1);
  });

  it('what is no key is refused without repeating it', () => {
    expect(() => environmentKeyProvider('secretsecret')).toThrow('64 hexadecimal digits');
    expect(() => environmentKeyProvider('secretsecret')).not.toThrow('secretsecret');
    const path = join(folder, 'bad.key');
    writeFileSync(path, 'secretsecret', { mode: 0o600 });
    expect(() => fileKeyProvider(path)).toThrow('holds no key');
  });

  it('keys differ by tenant, end and version', () => {
    const provider = environmentKeyProvider(MASTER);
    const keys = [
      provider.tenantKey(TENANT, 'tenant-data', 1),
      provider.tenantKey(OTHER_TENANT, 'tenant-data', 1),
      provider.tenantKey(TENANT, 'number-pepper', 1),
      provider.tenantKey(TENANT, 'tenant-data', 2),
    ];
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(4);
  });
});
