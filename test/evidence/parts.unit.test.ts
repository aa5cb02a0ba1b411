import { createHash, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSigner, faultOfCheckpoint, type SignedCheckpoint } from '../../evidence/checkpoint.ts';
import { leafOf } from '../../evidence/leaf.ts';
import { fileSecondPlace } from '../../evidence/second-place.ts';
import { signerFromFile } from '../../evidence/signing-key.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rightcall-evidence-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TENANT = '0195b3a0-0000-7000-8000-000000000001';
const newSigner = () => createSigner(generateKeyPairSync('ed25519').privateKey);

describe('a leaf', () => {
  const row = {
    id: 'd',
    contact_id: 'c',
    until: null,
    reasons: ['window.closed'],
    facts: { a: 1 },
    facts_hash: 'of the facts',
    results: [{ rule: 'r' }],
  };

  it('holds every column by its name, and what objects hold by its hash', () => {
    const { decision, contents } = leafOf(row);
    expect(decision).toEqual({
      schema: 'rightcall.decision/1',
      id: 'd',
      contactId: 'c',
      reasons: ['window.closed'],
      factsHash: 'of the facts',
      resultsHash: createHash('sha256').update('[{"rule":"r"}]').digest('hex'),
    });
    expect(contents).toEqual({ facts: { a: 1 }, results: [{ rule: 'r' }] });
  });

  it('stays the same when a column is added that is null in it, and is another one when it is not', () => {
    expect(leafOf({ ...row, obligations: null }).hash).toEqual(leafOf(row).hash);
    const later = leafOf({ ...row, obligations: [{ kind: 'disclose' }] });
    expect(later.hash).not.toEqual(leafOf(row).hash);
    expect(later.contents['obligations']).toEqual([{ kind: 'disclose' }]);
    expect(later.decision).toHaveProperty('obligationsHash');
  });

  it('depends on no order of columns', () => {
    const reversed = Object.fromEntries(Object.entries(row).toReversed());
    expect(leafOf(reversed).hash).toEqual(leafOf(row).hash);
  });
});

describe('the signing key', () => {
  it('is made once, for its owner alone, and is the same for whoever reads it after', async () => {
    const path = join(folder, 'keys', 'evidence.pem');
    const first = signerFromFile(path);
    expect(signerFromFile(path).keyId).toBe(first.keyId);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('that others may read is refused, and a file that holds none is named without what it holds', async () => {
    const path = join(folder, 'evidence.pem');
    signerFromFile(path);
    await chmod(path, 0o644);
    expect(() => signerFromFile(path)).toThrow(/RIGHTCALL_EVIDENCE_KEY_FILE: .* can be read by others/);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const text of ['secret words', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()]) {
      await writeFile(path, text, { mode: 0o600 });
      await chmod(path, 0o600);
      const refusal = (() => {
        try {
          return signerFromFile(path);
        } catch (error) {
          return error;
        }
      })();
      expect(refusal).toMatchObject({
        code: 'invalid_input',
        faults: [{ field: 'RIGHTCALL_EVIDENCE_KEY_FILE' }],
      });
      expect(JSON.stringify(refusal)).not.toContain('secret words');
    }
  });
});

const signed = (signer: ReturnType<typeof newSigner>, size: number, day = '2026-11-27'): SignedCheckpoint =>
  signer.sign({
    tenantId: TENANT,
    size,
    root: createHash('sha256').update(String(size)).digest('hex'),
    atReal: Date.parse(`${day}T10:00:00Z`),
  });

describe('a checkpoint', () => {
  it('holds as it was signed, and with nothing in it changed', () => {
    const one = signed(newSigner(), 5);
    expect(faultOfCheckpoint(one)).toBeNull();
    const { checkpoint } = one;
    for (const change of [
      { size: 6 },
      { root: '0'.repeat(64) },
      { atReal: checkpoint.atReal + 1 },
      { tenantId: 'another' },
    ]) {
      expect(faultOfCheckpoint({ ...one, checkpoint: { ...checkpoint, ...change } })).toContain(
        'does not hold',
      );
    }
    const other = newSigner();
    expect(
      faultOfCheckpoint({ ...one, checkpoint: { ...checkpoint, publicKey: other.publicKey } }),
    ).toContain('key id');
  });
});

describe('the second place', () => {
  const sizesIn = async () => {
    const names: string[] = [];
    for await (const { name, text } of fileSecondPlace(folder).read(TENANT)) {
      names.push(name);
      expect(faultOfCheckpoint(JSON.parse(text) as SignedCheckpoint)).toBeNull();
    }
    return names;
  };

  it('keeps each whole, in order over days, and takes the same one again without a change', async () => {
    const signer = newSigner();
    const place = fileSecondPlace(folder);
    for (const one of [
      signed(signer, 9),
      signed(signer, 100),
      signed(signer, 120, '2026-11-28'),
      signed(signer, 9),
    ])
      await place.put(one, null);
    expect(await sizesIn()).toEqual([
      '2026-11-27/0000000000000009.json',
      '2026-11-27/0000000000000100.json',
      '2026-11-28/0000000000000120.json',
    ]);
    // Nothing half-written is left.
    expect((await readdir(join(folder, TENANT, '2026-11-27'))).length).toBe(2);
  });

  it('never replaces one, and takes none that is behind what it has', async () => {
    const signer = newSigner();
    await fileSecondPlace(folder).put(signed(signer, 9), null);
    const file = join(folder, TENANT, '2026-11-27', '0000000000000009.json');
    const before = await readFile(file, 'utf8');
    await expect(fileSecondPlace(folder).put(signed(newSigner(), 9), null)).rejects.toThrow(
      /another of this size/,
    );
    await expect(fileSecondPlace(folder).put(signed(signer, 8), null)).rejects.toThrow(
      /one of 9 decisions is there/,
    );
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await sizesIn()).toEqual(['2026-11-27/0000000000000009.json']);
  });

  it('goes on from a restored state in a line of its own, beside what was there and beyond it', async () => {
    const signer = newSigner();
    const place = fileSecondPlace(folder);
    await place.put(signed(signer, 9), null);
    await place.put(signed(signer, 4), 'a');
    await expect(place.put(signed(signer, 3), 'a')).rejects.toThrow(/one of 4 decisions is there/);
    expect(await sizesIn()).toEqual([
      '2026-11-27/0000000000000009.json',
      'restored-a/2026-11-27/0000000000000004.json',
    ]);
    expect(await place.lines(TENANT)).toEqual(['a']);
    expect(await Promise.all([null, 'a', 'b'].map((line) => place.newestSize(TENANT, line)))).toEqual([
      9, 4, 0,
    ]);
  });

  it('of a tenant that it has nothing of is empty', async () => {
    expect(await sizesIn()).toEqual([]);
  });
});
