import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { invalidInput, messageOf } from '../../domain/failures.ts';
import type { ApiClient, RequestParts } from './http.ts';
import { STDIN } from './input.ts';
import { createBar, isWatched, type Bar } from './progress-bar.ts';
import type { Shell } from './shell.ts';

/** How often the rows stored are asked for while somebody watches. Each is one row read by its key. */
const POLL_MS = 1_000;

export interface Upload {
  /** Of the operation that takes the file. */
  readonly path: string;
  /** Or `-`. */
  readonly file: string;
  readonly query: NonNullable<RequestParts['query']>;
  readonly headers: Readonly<Record<string, string>>;
  /** Rows stored so far, while the answer is waited for; null where it is not known. */
  rowsStored(api: ApiClient): Promise<number | null>;
}

/** Stream a file to an import, with a bar: bytes sent, then rows stored. Memory stays flat. */
export async function upload<T>(api: ApiClient, shell: Shell, given: Upload): Promise<T> {
  const bytes = given.file === STDIN ? null : sizeOf(given.file);
  const bar = await createBar(shell, '{note} {bar} {percentage} %', bytes ?? 0);
  bar.note('sending');
  const ended = new AbortController();
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bar.add(chunk.length);
      done(null, chunk);
    },
    flush(done) {
      done();
      if (isWatched(shell)) void watchRows(api, shell, given, bar, ended.signal);
    },
  });
  const source = given.file === STDIN ? shell.stdin : createReadStream(given.file);
  source.on('error', (error: Error) => counted.destroy(error));
  try {
    return await api.send<T>('POST', given.path, {
      query: { name: given.file === STDIN ? 'standard input' : basename(given.file), ...given.query },
      headers: given.headers,
      stream: source.pipe(counted),
    });
  } finally {
    ended.abort();
    bar.stop();
  }
}

async function watchRows(
  api: ApiClient,
  shell: Shell,
  given: Upload,
  bar: Bar,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    // What is shown while people wait must not end what they wait for.
    const rows = await given.rowsStored(api).catch(() => null);
    if (!ended.aborted) bar.note(rows === null ? 'storing' : `storing, ${rows.toLocaleString('en-US')} rows`);
    // Cut short by the answer, so that the command ends with it.
    await shell.sleep(POLL_MS, ended).catch(() => undefined);
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw invalidInput([{ field: 'file', fault: messageOf(error), expected: 'a file that can be read' }]);
  }
}
