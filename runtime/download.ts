import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { RightcallError, messageOf } from '../domain/failures.ts';

export interface DownloadOptions {
  readonly url: string;
  /** File that is written; removed again when the download fails. */
  readonly to: string;
  /** For the whole download, in real milliseconds. */
  readonly timeoutMs: number;
  /** Until the server's first answer. */
  readonly answerTimeoutMs: number;
  /** Share loaded, 0 to 1, or null when the server does not say how much there is; and bytes so far. */
  readonly onProgress?: (share: number | null, bytes: number) => void;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : messageOf(cause);
}

/**
 * Downloads one file; honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 * @throws RightcallError `unavailable` naming the host and why
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { host } = new URL(options.url);
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: options.answerTimeoutMs },
    headersTimeout: options.answerTimeoutMs,
  });
  try {
    const response = await fetch(options.url, { dispatcher, signal: AbortSignal.timeout(options.timeoutMs) });
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    const length = Number(response.headers.get('content-length') ?? 0);
    let bytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        options.onProgress?.(length > 0 ? bytes / length : null, bytes);
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(options.to));
    if (length > 0 && bytes !== length) throw new Error(`it sent ${bytes} of ${length} bytes`);
  } catch (error) {
    await rm(options.to, { force: true }).catch(() => undefined);
    throw new RightcallError('unavailable', `${host}: ${reasonOf(error)}`, { cause: error });
  } finally {
    await dispatcher.destroy().catch(() => undefined);
  }
}
