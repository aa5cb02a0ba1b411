import { hashNode, splitOf, type RangeHash } from './merkle.ts';

/**
 * A tree too large for memory, in tiles: of its nodes only every eighth level is kept, so that 256 leaves have one
 * node, 256 of those the next, and a proof reads a tile a level. What lies between is computed.
 */
export const TILE_LEVELS = 8;
export const TILE_WIDTH = 2 ** TILE_LEVELS;

/** Where the kept hashes stand: level 0 are the leaves, level 8 the nodes over 256 of them, and so on. */
export interface TileSource {
  /** Hashes `[from, to)` of a level, those that there are. */
  read(level: number, from: number, to: number): Promise<readonly Buffer[]>;
}

/** Tiles and computed ranges held at a time: some megabytes. */
const TILES_KEPT = 64;
const RANGES_KEPT = 50_000;

/**
 * Hashes of ranges of a tree of at least as many leaves as are asked about. Reads each tile once while it is in use.
 * @throws Error when a hash is missing that the tree cannot be without
 */
export function rangesOf(source: TileSource): RangeHash {
  const tiles = new Map<string, Promise<readonly Buffer[]>>();
  const ranges = new Map<string, Buffer>();

  function tile(level: number, index: number): Promise<readonly Buffer[]> {
    const name = `${level}/${index}`;
    let found = tiles.get(name);
    if (found === undefined) {
      found = source.read(level, index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      if (tiles.size >= TILES_KEPT) tiles.delete(tiles.keys().next().value!);
      tiles.set(name, found);
    }
    return found;
  }

  const hashOf: RangeHash = async (from, to) => {
    const level = Math.log2(to - from);
    if (Number.isInteger(level) && level % TILE_LEVELS === 0) {
      const position = from / (to - from);
      const hash = (await tile(level, Math.floor(position / TILE_WIDTH)))[position % TILE_WIDTH];
      if (hash === undefined) throw new Error(`the tree has no hash ${position} on level ${level}`);
      return hash;
    }
    const name = `${from}-${to}`;
    const computed = ranges.get(name);
    if (computed !== undefined) return computed;
    const middle = from + splitOf(to - from);
    const hash = hashNode(await hashOf(from, middle), await hashOf(middle, to));
    if (ranges.size >= RANGES_KEPT) ranges.clear();
    ranges.set(name, hash);
    return hash;
  };
  return hashOf;
}

/** A node that is complete now and is to be kept. */
export interface TileNode {
  readonly level: number;
  readonly position: number;
  readonly hash: Buffer;
}

/**
 * What a tree of `size` leaves grows by when `leaves` are added. Reads the unfinished tiles alone.
 * @returns the new root, and the nodes that are complete now
 */
export async function grow(
  source: TileSource,
  size: number,
  leaves: readonly Buffer[],
): Promise<{ root: Buffer; nodes: TileNode[] }> {
  const nodes: TileNode[] = [];
  const levels: { first: number; hashes: Buffer[] }[] = [];
  let added = leaves;
  for (let level = 0; ; level += TILE_LEVELS) {
    const complete = Math.floor(size / 2 ** level);
    const first = complete - (complete % TILE_WIDTH);
    const before = complete > first ? await source.read(level, first, complete) : [];
    if (before.length !== complete - first) {
      throw new Error(
        `the tree has ${before.length} hashes on level ${level} where ${complete - first} belong`,
      );
    }
    const hashes = [...before, ...added];
    levels.push({ first, hashes });
    const next: Buffer[] = [];
    for (let at = 0; at + TILE_WIDTH <= hashes.length; at += TILE_WIDTH) {
      const hash = perfect(hashes.slice(at, at + TILE_WIDTH));
      nodes.push({ level: level + TILE_LEVELS, position: (first + at) / TILE_WIDTH, hash });
      next.push(hash);
    }
    added = next;
    if (next.length === 0 && complete < TILE_WIDTH) break;
  }
  const held: TileSource = {
    read: async (level, from, to) => {
      const { first, hashes } = levels[level / TILE_LEVELS]!;
      return hashes.slice(from - first, to - first);
    },
  };
  return { root: await rangesOf(held)(0, size + leaves.length), nodes };
}

/** Root over a power of two of hashes. */
function perfect(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) => hashNode(row[2 * i]!, row[2 * i + 1]!));
  }
  return row[0]!;
}
