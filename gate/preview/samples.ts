/**
 * Samples that do not depend on the order in which they came, nor on the parts that were put together: of all that were
 * offered, those whose ids hash lowest. As good as drawn at random, for ids say nothing of whom they stand for.
 */
export class Samples<T extends { readonly id: string }> {
  readonly #size: number;
  #kept: { readonly rank: number; readonly item: T }[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** @param make is called only where the sample is kept, for it may cost */
  offer(id: string, make: () => T): void {
    const rank = rankOf(id);
    const last = this.#kept.at(-1);
    if (this.#kept.length === this.#size && !comesBefore({ rank, id }, last!)) return;
    if (this.#kept.some((one) => one.item.id === id)) return;
    this.#kept.push({ rank, item: make() });
    this.#kept.sort((a, b) => (comesBefore({ rank: a.rank, id: a.item.id }, b) ? -1 : 1));
    if (this.#kept.length > this.#size) this.#kept.pop();
  }

  merge(items: Iterable<T>): void {
    for (const item of items) this.offer(item.id, () => item);
  }

  get items(): readonly T[] {
    return this.#kept.map(({ item }) => item);
  }
}

function comesBefore(
  a: { readonly rank: number; readonly id: string },
  b: { readonly rank: number; readonly item: { readonly id: string } },
): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.id < b.item.id);
}

/** FNV-1a, 32 bits, with the final mixing of MurmurHash3: ids that differ in one digit alone come to lie far apart. */
function rankOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
