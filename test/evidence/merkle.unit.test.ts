import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consistencyPath, Frontier, hashLeaf, inclusionPath } from '../../evidence/merkle.ts';
import { grow, rangesOf, TILE_LEVELS, type TileSource } from '../../evidence/tree.ts';
import { rootFromPath, isConsistent } from '../../audit/standalone/verify-bundle.mjs';

/** RFC 9162, 2.1.1, 2.1.3.1 and 2.1.4.1 word by word, on whole lists: what the tree is held against. */
const sha = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const half = (n: number) => 2 ** Math.ceil(Math.log2(n) - 1);
const computed = new WeakMap<readonly Buffer[], Map<string, Buffer>>();
/** Over d[lo:hi]; kept, because the definitions ask for the same ranges again and again. */
function MTH(d: readonly Buffer[], lo = 0, hi = d.length): Buffer {
  if (hi === lo) return sha();
  if (hi - lo === 1) return sha(Buffer.from([0]), d[lo]!);
  const known = computed.get(d) ?? new Map<string, Buffer>();
  computed.set(d, known);
  const found = known.get(`${lo}:${hi}`);
  if (found !== undefined) return found;
  const k = half(hi - lo);
  const hash = sha(Buffer.from([1]), MTH(d, lo, lo + k), MTH(d, lo + k, hi));
  known.set(`${lo}:${hi}`, hash);
  return hash;
}
function PATH(m: number, d: readonly Buffer[], lo: number, hi: number): Buffer[] {
  if (hi - lo === 1) return [];
  const k = half(hi - lo);
  return m < k
    ? [...PATH(m, d, lo, lo + k), MTH(d, lo + k, hi)]
    : [...PATH(m - k, d, lo + k, hi), MTH(d, lo, lo + k)];
}
function SUBPROOF(m: number, d: readonly Buffer[], lo: number, hi: number, b: boolean): Buffer[] {
  if (m === hi - lo) return b ? [] : [MTH(d, lo, hi)];
  const k = half(hi - lo);
  return m <= k
    ? [...SUBPROOF(m, d, lo, lo + k, b), MTH(d, lo + k, hi)]
    : [...SUBPROOF(m - k, d, lo + k, hi, false), MTH(d, lo, lo + k)];
}

const hex = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('hex'));
const data = (count: number) => Array.from({ length: count }, (_, i) => Buffer.from(`leaf ${i}`));

/** Tiles in memory, filled as the sealer fills them. */
function memoryTiles(): TileSource & { add(leaves: readonly Buffer[]): Promise<Buffer> } {
  const levels = new Map<number, Buffer[]>([[0, []]]);
  const source: TileSource = {
    read: async (level, from, to) => (levels.get(level) ?? []).slice(from, to),
  };
  return {
    ...source,
    add: async (leaves) => {
      const { root, nodes } = await grow(source, levels.get(0)!.length, leaves);
      levels.get(0)!.push(...leaves);
      for (const { level, position, hash } of nodes) {
        const row = levels.get(level) ?? [];
        expect(level % TILE_LEVELS).toBe(0);
        expect(row.length).toBe(position);
        levels.set(level, [...row, hash]);
      }
      return root;
    },
  };
}

/** Inputs and roots of the Certificate Transparency reference implementation (merkle tree test data of RFC 6962). */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const CT_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the tree of RFC 9162', () => {
  it('has the roots of the published test data, and of nothing the hash of nothing', async () => {
    const frontier = new Frontier();
    const tiles = memoryTiles();
    expect(frontier.root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    for (const [i, leaf] of CT_LEAVES.entries()) {
      const hash = hashLeaf(Buffer.from(leaf, 'hex'));
      frontier.push(hash);
      expect(frontier.root().toString('hex')).toBe(CT_ROOTS[i]);
      expect((await tiles.add([hash])).toString('hex')).toBe(CT_ROOTS[i]);
    }
  });

  it('gives the proofs of the definition, for every leaf and every earlier size of all sizes 1 to 70, and they hold', async () => {
    const all = data(70);
    const tiles = memoryTiles();
    await tiles.add(all.map(hashLeaf));
    const hashOf = rangesOf(tiles);
    for (let size = 1; size <= all.length; size++) {
      const root = MTH(all, 0, size).toString('hex');
      for (let m = 0; m < size; m++) {
        const path = hex(await inclusionPath(hashOf, m, size));
        expect(path).toEqual(hex(PATH(m, all, 0, size)));
        expect(rootFromPath(hashLeaf(all[m]!).toString('hex'), m, size, path)).toBe(root);
      }
      for (let m = 1; m <= size; m++) {
        const path = hex(await consistencyPath(hashOf, m, size));
        expect(path).toEqual(hex(SUBPROOF(m, all, 0, size, true)));
        expect(isConsistent(m, MTH(all, 0, m).toString('hex'), size, root, path)).toBe(true);
      }
    }
  });

  it('comes to the same root and proofs however the leaves come in, over the edges of tiles too', async () => {
    const all = data(66_000).map(hashLeaf);
    const frontier = new Frontier();
    const tiles = memoryTiles();
    const cuts = [1, 255, 256, 257, 600, 65_535, 65_536, 65_537, 66_000];
    for (const [i, to] of cuts.entries()) {
      const batch = all.slice(cuts[i - 1] ?? 0, to);
      for (const leaf of batch) frontier.push(leaf);
      expect((await tiles.add(batch)).equals(frontier.root())).toBe(true);
    }
    const hashOf = rangesOf(tiles);
    const root = frontier.root().toString('hex');
    for (const index of [0, 255, 256, 65_535, 65_536, 65_999]) {
      const path = hex(await inclusionPath(hashOf, index, all.length));
      expect(rootFromPath(all[index]!.toString('hex'), index, all.length, path)).toBe(root);
    }
  });

  it('takes no proof for another leaf, another place, another size or another path', async () => {
    const all = data(70);
    const tiles = memoryTiles();
    await tiles.add(all.map(hashLeaf));
    const hashOf = rangesOf(tiles);
    const sizes = fc.integer({ min: 2, max: 70 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        index: fc.integer({ min: 0, max: size - 1 }),
        earlier: fc.integer({ min: 1, max: size - 1 }),
        bit: fc.nat(),
        other: fc.integer({ min: 0, max: size - 1 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(sizes, async ({ size, index, earlier, bit, other }) => {
        const root = MTH(all, 0, size).toString('hex');
        const leaf = hashLeaf(all[index]!).toString('hex');
        const path = hex(await inclusionPath(hashOf, index, size));
        const wrong = flip(path, bit);
        expect(rootFromPath(leaf, index, size, wrong)).not.toBe(root);
        expect(rootFromPath(flip([leaf], bit)[0]!, index, size, path)).not.toBe(root);
        expect(rootFromPath(leaf, index, size, path.slice(1))).not.toBe(root);
        if (other !== index) expect(rootFromPath(leaf, other, size, path)).not.toBe(root);
        const from = MTH(all, 0, earlier).toString('hex');
        const proof = hex(await consistencyPath(hashOf, earlier, size));
        expect(isConsistent(earlier, from, size, root, proof)).toBe(true);
        expect(isConsistent(earlier, flip([from], bit)[0]!, size, root, proof)).toBe(false);
        expect(isConsistent(earlier, from, size, flip([root], bit)[0]!, proof)).toBe(false);
        expect(isConsistent(earlier, from, size, root, flip(proof, bit))).toBe(false);
        expect(isConsistent(earlier, from, size, root, [...proof, root])).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

/** The same hashes with one bit of one of them the other way round. */
function flip(hashes: readonly string[], bit: number): string[] {
  const at = bit % (hashes.length * 256);
  return hashes.map((hash, i) => {
    if (i !== Math.floor(at / 256)) return hash;
    const bytes = Buffer.from(hash, 'hex');
    bytes[Math.floor((at % 256) / 8)]! ^= 1 << (at % 8);
    return bytes.toString('hex');
  });
}
