import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { messageOf, RightcallError } from '../domain/failures.ts';
import { decoderFor } from './encoding.ts';

/** A file to take in: a path, or something that can be opened as often as asked (twice at least). */
export type ImportSource = string | { readonly name: string; open(): Readable };

export interface OpenSource {
  /** File name without folders, for people. */
  readonly name: string;
  open(): Readable;
}

export function sourceOf(source: ImportSource): OpenSource {
  return typeof source === 'string'
    ? { name: basename(source), open: () => createReadStream(source, { highWaterMark: READ_BYTES }) }
    : source;
}

const READ_BYTES = 256 * 1024;

/** A file that cannot be read to its end, by what it says itself: another try will not help. */
export function unreadable(name: string, error: unknown): RightcallError {
  return new RightcallError('invalid_input', `${name}: could not be read: ${messageOf(error)}`, {
    cause: error,
    faults: [
      { field: 'source', fault: messageOf(error), expected: 'a readable file, plain or gzip-compressed' },
    ],
  });
}

/** SHA-256 (hex) over the file's bytes as they are. */
export async function hashOf(source: OpenSource): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of source.open()) hash.update(chunk as Buffer);
  } catch (error) {
    throw unreadable(source.name, error);
  }
  return hash.digest('hex');
}

/**
 * The file's bytes, decompressed when they begin like gzip (RFC 1952: 1f 8b). Ends its streams when left early.
 * @param onByte is handed the bytes as they are in the file.
 */
async function* bytesOf(source: OpenSource, onBytes?: (bytes: Buffer) => void): AsyncGenerator<Buffer> {
  const stream = source.open();
  const raw = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    let head: Buffer = Buffer.alloc(0);
    let ended = false;
    while (head.length < 2 && !ended) {
      const next = await raw.next();
      if (next.done === true) ended = true;
      else {
        onBytes?.(next.value);
        head = Buffer.concat([head, next.value]);
      }
    }
    const rest = (async function* () {
      if (head.length > 0) yield head;
      while (!ended) {
        const next = await raw.next();
        if (next.done === true) return;
        onBytes?.(next.value);
        yield next.value;
      }
    })();
    if (head[0] === 0x1f && head[1] === 0x8b) {
      const gunzip = createGunzip({ chunkSize: READ_BYTES });
      void feed(rest, gunzip);
      try {
        for await (const chunk of gunzip) yield chunk as Buffer;
      } finally {
        gunzip.destroy();
      }
    } else {
      yield* rest;
    }
  } finally {
    stream.destroy();
  }
}

/** Write everything into the stream at its pace; a read error becomes the stream's. */
async function feed(from: AsyncIterable<Buffer>, into: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const chunk of from) {
      if (into.destroyed) return;
      if (!into.write(chunk)) {
        await new Promise<void>((resolve) => {
          into.once('drain', resolve);
          into.once('close', resolve);
        });
      }
    }
    into.end();
  } catch (error) {
    into.destroy(error as Error);
  }
}

/** Bytes looked at to find out encoding, format and delimiter. */
const SAMPLE_BYTES = 64 * 1024;

/** The first bytes, decompressed; `whole` when that is all there is. */
export async function sampleOf(source: OpenSource): Promise<{ bytes: Buffer; whole: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of bytesOf(source)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > SAMPLE_BYTES) break;
    }
  } catch (error) {
    throw unreadable(source.name, error);
  }
  return { bytes: Buffer.concat(chunks).subarray(0, SAMPLE_BYTES), whole: length <= SAMPLE_BYTES };
}

/**
 * The file as text, in pieces of up to some hundred kilobytes.
 * @throws RightcallError `invalid_input` when the file cannot be read to its end, or is not what was hashed.
 */
export async function* textOf(
  source: OpenSource,
  encoding: string,
  expectedHash: string,
): AsyncGenerator<string> {
  const decoder = decoderFor(encoding);
  const hash = createHash('sha256');
  const bytes = bytesOf(source, (chunk) => hash.update(chunk));
  try {
    while (true) {
      const next = await bytes.next().catch((error: unknown) => {
        throw unreadable(source.name, error);
      });
      if (next.done === true) break;
      const text = decoder.write(next.value);
      if (text !== '') yield text;
    }
    const last = decoder.end();
    if (last !== '') yield last;
    if (hash.digest('hex') !== expectedHash) {
      throw unreadable(source.name, new Error('it was changed while it was read'));
    }
  } finally {
    await bytes.return(undefined);
  }
}
