import { RightcallError } from '../../domain/failures.ts';
import type { ApiClient } from './http.ts';
import type { Shell } from './shell.ts';
import { createServerEventParser, type ServerEvent } from './sse.ts';

/** The server says it is there every 15 s (api/live/feed.ts); after this long it is gone. Real ms. */
const SILENCE_MS = 45_000;
const RETRY_MS = 2_000;
/** Connections in a row that gave nothing; then whoever waits is told. */
const FAILURES_MAX = 10;

/**
 * The events of a stream until the one that ends it, over as many connections as that takes: each goes on after the
 * last event that was seen.
 * @throws RightcallError as the API answers; `unavailable` where it stays away
 */
export async function* follow(api: ApiClient, shell: Shell, path: string): AsyncGenerator<ServerEvent> {
  let lastId: string | null = null;
  let retryMs = RETRY_MS;
  for (let failures = 0; ;) {
    try {
      for await (const event of connectionOf(api, path, lastId, (ms) => (retryMs = ms))) {
        failures = 0;
        lastId = event.id;
        yield event;
        if (event.event === 'end') return;
      }
      // It lived its time, or the process behind it stopped.
    } catch (error) {
      const passing = !(error instanceof RightcallError) || error.code === 'unavailable';
      if (!passing || (lastId === null && failures === 0) || failures >= FAILURES_MAX) throw error;
    }
    failures += 1;
    await shell.sleep(retryMs);
  }
}

async function* connectionOf(
  api: ApiClient,
  path: string,
  lastId: string | null,
  onRetry: (ms: number) => void,
): AsyncGenerator<ServerEvent> {
  const { body } = await api.open('GET', path, {
    headers: { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
  });
  const parser = createServerEventParser();
  const decoder = new TextDecoder();
  const silence = setTimeout(() => body.destroy(), SILENCE_MS);
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      silence.refresh();
      yield* parser.push(decoder.decode(chunk, { stream: true }));
      if (parser.retryMs !== null) onRetry(parser.retryMs);
    }
  } finally {
    clearTimeout(silence);
    body.destroy();
  }
}
