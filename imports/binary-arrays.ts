/**
 * Arrays in PostgreSQL's binary wire format, for `INSERT … SELECT FROM unnest($1::uuid[], …)`. COPY cannot write to
 * tables under row-level security (PostgreSQL manual, COPY), and arrays as text cost escaping on one side and
 * parsing on the other. node-postgres sends a Buffer parameter in binary as it is; the cast in the statement names
 * its type. Format: PostgreSQL source, array_recv() in src/backend/utils/adt/arrayfuncs.c.
 */

/** OIDs of the element types (pg_type.dat). */
const OID = { bytea: 17, int2: 21, int4: 23, text: 25, timestamptz: 1184, uuid: 2950 } as const;

/** 2000-01-01T00:00:00Z, the day that PostgreSQL counts microseconds from, in epoch milliseconds. */
const POSTGRES_EPOCH_MS = 946_684_800_000;
const TWO_TO_32 = 2 ** 32;
const HEADER_BYTES = 20;

function header(oid: number, length: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + bytes);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(1, 4); // may hold nulls
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16); // lower bound
  return buffer;
}

/** An array of elements that all take `width` bytes; null elements take none. */
function fixed<T>(
  oid: number,
  width: number,
  values: readonly (T | null)[],
  write: (buffer: Buffer, at: number, value: T) => void,
): Buffer {
  let nulls = 0;
  for (const value of values) if (value === null) nulls += 1;
  const buffer = header(oid, values.length, values.length * (4 + width) - nulls * width);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : width, at);
    if (value === null) continue;
    write(buffer, at, value);
    at += width;
  }
  return buffer;
}

export function uuidArray(values: readonly (string | null)[]): Buffer {
  return fixed(OID.uuid, 16, values, (buffer, at, id) => {
    buffer.write(id.replaceAll('-', ''), at, 16, 'hex');
  });
}

/** @param values instants in epoch milliseconds. */
export function instantArray(values: readonly (number | null)[]): Buffer {
  return fixed(OID.timestamptz, 8, values, (buffer, at, ms) => {
    const micros = (Math.round(ms) - POSTGRES_EPOCH_MS) * 1000;
    const high = Math.floor(micros / TWO_TO_32);
    buffer.writeInt32BE(high, at);
    buffer.writeUInt32BE(micros - high * TWO_TO_32, at + 4);
  });
}

export function int2Array(values: readonly (number | null)[]): Buffer {
  return fixed(OID.int2, 2, values, (buffer, at, value) => buffer.writeInt16BE(value, at));
}

export function int4Array(values: readonly (number | null)[]): Buffer {
  return fixed(OID.int4, 4, values, (buffer, at, value) => buffer.writeInt32BE(value, at));
}

export function byteaArray(values: readonly (Buffer | null)[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += 4 + (value?.length ?? 0);
  const buffer = header(OID.bytea, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = buffer.writeInt32BE(value === null ? -1 : value.length, at);
    if (value === null) continue;
    buffer.set(value, at);
    at += value.length;
  }
  return buffer;
}

/** Text, also for JSON: `unnest($1::text[])` with `::jsonb` in the select list. No NUL, which PostgreSQL refuses. */
export function textArray(values: readonly (string | null)[]): Buffer {
  let bytes = 0;
  for (const value of values) bytes += 4 + (value === null ? 0 : Buffer.byteLength(value));
  const buffer = header(OID.text, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    const written = buffer.write(value, at + 4);
    buffer.writeInt32BE(written, at);
    at += 4 + written;
  }
  return buffer;
}
