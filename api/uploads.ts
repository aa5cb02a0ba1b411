import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RightcallError } from '../domain/failures.ts';
import { TooLarge } from './problems.ts';

const FOLDER_PREFIX = 'upload-';

/**
 * Keep a request's body as a file while `use` reads it (its content is hashed before its rows are read, so it is read
 * twice). The file holds personal data: it lies in a folder of the process's user alone and goes in any case.
 * @param limitBytes a larger body is refused with TooLarge, and nothing of it is used.
 */
export async function withUpload<T>(
  body: ReadableStream<Uint8Array> | null,
  options: { spoolDir: string; limitBytes: number },
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (body === null) {
    const faults = [{ field: 'body', fault: 'is missing', expected: 'the file itself' }];
    throw new RightcallError('invalid_input', 'there is no body', { faults });
  }
  await mkdir(options.spoolDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(options.spoolDir, FOLDER_PREFIX));
  try {
    const path = join(folder, 'body');
    const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(source, countTo(options.limitBytes), createWriteStream(path, { mode: 0o600 }));
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Remove what a process that was killed in the middle of an upload left; at start, before anything is served. */
export async function removeLeftUploads(spoolDir: string): Promise<number> {
  const entries = await readdir(spoolDir).catch(() => []);
  const left = entries.filter((entry) => entry.startsWith(FOLDER_PREFIX));
  for (const entry of left) await rm(join(spoolDir, entry), { recursive: true, force: true });
  return left.length;
}

function countTo(limitBytes: number): Transform {
  let seenBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seenBytes += chunk.length;
      if (seenBytes > limitBytes) done(new TooLarge(limitBytes));
      else done(null, chunk);
    },
  });
}
