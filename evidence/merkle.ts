import { createHash } from 'node:crypto';

/**
 * The Merkle tree of RFC 9162, 2.1: a leaf's hash is SHA-256 over 0x00 and its bytes, a node's over 0x01 and its two
 * children, so that no leaf can pass for a node. Ranges are `[from, to)` over leaves from 0.
 */
const LEAF = Buffer.from([0x00]);
const NODE = Buffer.from([0x01]);
/** Of no leaves at all (2.1.1). */
export const EMPTY_ROOT: Buffer = createHash('sha256').digest();

export function hashLeaf(data: Buffer | string): Buffer {
  return createHash('sha256').update(LEAF).update(data).digest();
}

export function hashNode(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** Where a range of more than one leaf is split: the largest power of two below its length. */
export function splitOf(length: number): number {
  let half = 1;
  while (half * 2 < length) half *= 2;
  return half;
}

/** Hash of the tree over a range of leaves that RFC 9162 splits the whole into. */
export type RangeHash = (from: number, to: number) => Promise<Buffer>;

/** PATH of 2.1.3.1: what proves that leaf `index` is in the tree of `size` leaves, nearest first. */
export async function inclusionPath(hashOf: RangeHash, index: number, size: number): Promise<Buffer[]> {
  if (index < 0 || index >= size) throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.push(await hashOf(middle, to));
      to = middle;
    } else {
      path.push(await hashOf(from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** PROOF of 2.1.4.1: what proves that the tree of `size` leaves begins with that of `earlier` ones. */
export async function consistencyPath(hashOf: RangeHash, earlier: number, size: number): Promise<Buffer[]> {
  if (earlier < 0 || earlier > size) throw new RangeError(`a tree of ${size} does not begin with ${earlier}`);
  // Every tree begins with the empty one; nothing is to be proved (2.1.4.1 asks for more than none).
  if (earlier === 0 || earlier === size) return [];
  const path: Buffer[] = [];
  let [from, to, rest, whole] = [0, size, earlier, true];
  while (rest !== to - from) {
    const half = splitOf(to - from);
    if (rest <= half) {
      path.push(await hashOf(from + half, to));
      to = from + half;
    } else {
      path.push(await hashOf(from, from + half));
      from += half;
      rest -= half;
      whole = false;
    }
  }
  if (!whole) path.push(await hashOf(from, to));
  return path.reverse();
}

/** Adds leaves one after the other and tells the root: keeps one hash for each set bit of their number. */
export class Frontier {
  #size = 0;
  readonly #peaks: Buffer[] = [];

  get size(): number {
    return this.#size;
  }

  push(leaf: Buffer): void {
    let hash = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = hashNode(this.#peaks.pop()!, hash);
    }
    this.#peaks.push(hash);
    this.#size += 1;
  }

  root(): Buffer {
    if (this.#peaks.length === 0) return EMPTY_ROOT;
    return this.#peaks.reduceRight((right, left) => hashNode(left, right));
  }
}
