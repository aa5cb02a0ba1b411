/** A costly reading that many may ask for at once. */
export interface SharedReading<T> {
  /**
   * The latest reading, or a new one. @param fresh ask anew, unless somebody is doing so right now
   * @throws what the reading throws
   */
  get(key: string, read: () => Promise<T>, fresh?: boolean): Promise<T>;
}

/** A reading that took less than this (real ms) is never kept: whoever asks is answered as of now. */
const CHEAP_MS = 100;
/** Readings take at most this share of the time, so that each is kept for its cost divided by it. */
const COST_SHARE = 0.1;
/** No reading is kept longer than this (real ms). */
const KEPT_MAX_MS = 10_000;
const KEYS_MAX = 500;

/** Those who ask at the same time share one reading, and what was costly is kept for some seconds. */
export function createSharedReading<T>(): SharedReading<T> {
  const underWay = new Map<string, Promise<T>>();
  const kept = new Map<string, { readonly value: T; readonly until: number }>();

  async function readNow(key: string, read: () => Promise<T>): Promise<T> {
    const since = performance.now();
    const value = await read();
    const cost = performance.now() - since;
    kept.delete(key);
    if (cost >= CHEAP_MS) {
      if (kept.size >= KEYS_MAX) kept.clear();
      kept.set(key, { value, until: performance.now() + Math.min(KEPT_MAX_MS, cost / COST_SHARE) });
    }
    return value;
  }

  return {
    get: async (key, read, fresh = false) => {
      const known = kept.get(key);
      if (!fresh && known !== undefined && known.until > performance.now()) return known.value;
      let reading = underWay.get(key);
      if (reading === undefined) {
        reading = readNow(key, read).finally(() => underWay.delete(key));
        underWay.set(key, reading);
      }
      return reading;
    },
  };
}
