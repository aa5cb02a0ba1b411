import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
}

export interface LoadResult {
  /** Real ms of each request, from the instant it was due until its answer was read whole. */
  readonly ms: readonly number[];
  /** Of these, those of requests that were answered with 2xx. */
  readonly servedMs: readonly number[];
  /** Real ms by which each was sent late, because this process itself came to it late. */
  readonly lateMs: readonly number[];
  /** Answers other than 2xx, and requests without one. */
  readonly failed: number;
  /** Of these, those that were turned away: 503. */
  readonly shed: number;
}

export interface LoadShape {
  readonly url: string;
  readonly apiKey: string;
  readonly connections: number;
  /** Requests a second, on average. */
  readonly rate: number;
  readonly seconds: number;
  /**
   * `steady`: each is due an exponentially distributed time after the one before, as when many people ask and none
   * knows of the others. `bursts`: a second's requests are due at once at its beginning.
   */
  readonly arrivals: 'steady' | 'bursts';
}

/**
 * Send requests when they are due, whether or not earlier ones were answered: a slow answer delays nobody's question,
 * and what waits for a connection waits on the server's account. (Load generators that send the next request only once
 * the last was answered leave the worst out.)
 */
export async function load(shape: LoadShape, next: () => LoadRequest): Promise<LoadResult> {
  const pool = new Pool(shape.url, { connections: shape.connections });
  const ms: number[] = [];
  const servedMs: number[] = [];
  const lateMs: number[] = [];
  let failed = 0;
  let shed = 0;
  const send = async (dueAt: number) => {
    lateMs.push(performance.now() - dueAt);
    const { method, path, body } = next();
    try {
      const answer = await pool.request({
        method,
        path,
        headers: {
          authorization: `Bearer ${shape.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      await answer.body.dump();
      if (answer.statusCode === 503) shed += 1;
      if (answer.statusCode < 200 || answer.statusCode > 299) failed += 1;
      else servedMs.push(performance.now() - dueAt);
    } catch {
      failed += 1;
    }
    ms.push(performance.now() - dueAt);
  };
  try {
    const sent: Promise<void>[] = [];
    const begin = performance.now();
    for (let n = 0, dueMs = 0; n < shape.rate * shape.seconds; n++) {
      dueMs =
        shape.arrivals === 'bursts'
          ? Math.floor(n / shape.rate) * 1_000
          : dueMs - (Math.log(1 - Math.random()) * 1_000) / shape.rate;
      const dueAt = begin + dueMs;
      const early = dueAt - performance.now();
      if (early > 0) await delay(early);
      sent.push(send(dueAt));
    }
    await Promise.all(sent);
  } finally {
    await pool.close();
  }
  return { ms, servedMs, lateMs, failed, shed };
}
