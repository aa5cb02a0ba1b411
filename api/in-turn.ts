/**
 * Do something for each item, so many at a time, and keep their order in the answer.
 * @param width items under way at once; each may hold a database connection.
 */
export async function eachOf<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, run));
  return results;
}

/** Items by what they have in common, each group in the order given. */
export function groupedBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Items of one bulk request that are worked on at once: a third of the API's connections at most (cli/api/run.ts). */
export const BULK_WIDTH = 5;
/** Items of one bulk request at most. */
export const BULK_MAX = 1_000;
