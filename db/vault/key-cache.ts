/**
 * Unwrapped person keys in memory, least recently used out first, none older than its age limit: a key destroyed by
 * another process stops opening here within that time. What leaves is overwritten with zeros, as far as Node can
 * (a moving collector or swap may keep copies that no program sees).
 */
export interface KeyCache {
  get(id: string): Buffer | undefined;
  set(id: string, key: Buffer): void;
  delete(id: string): void;
  clear(): void;
  readonly size: number;
}

/** @param maxAgeMs real milliseconds from `set` to the last `get`. @param nowMs monotonic milliseconds. */
export function createKeyCache(
  maxEntries: number,
  maxAgeMs: number,
  nowMs: () => number = () => performance.now(),
): KeyCache {
  // A Map keeps the order of insertion, so its first entry is the one used longest ago.
  const entries = new Map<string, { key: Buffer; since: number }>();
  const remove = (id: string) => {
    entries.get(id)?.key.fill(0);
    entries.delete(id);
  };
  return {
    get: (id) => {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      if (nowMs() - entry.since > maxAgeMs) {
        remove(id);
        return undefined;
      }
      entries.delete(id);
      entries.set(id, entry);
      return entry.key;
    },
    set: (id, key) => {
      if (entries.get(id)?.key !== key) remove(id);
      entries.set(id, { key, since: nowMs() });
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries) break;
        remove(oldest);
      }
    },
    delete: remove,
    clear: () => {
      for (const id of [...entries.keys()]) remove(id);
    },
    get size() {
      return entries.size;
    },
  };
}
