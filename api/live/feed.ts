import { setImmediate as nextTurn } from 'node:timers/promises';
import { RightcallError } from '../../domain/failures.ts';
import { isSameContent, tickEvent, versionOf, type Version } from './events.ts';
import { LiveStream, type Followed } from './stream.ts';

/** Bounds of the streams of one process. Times are real ms. */
export interface LiveLimits {
  /** Streams at once; the next is told to come back. */
  readonly streams: number;
  /** Least time between two readings of one thing. */
  readonly tickMs: number;
  /** Most time between two readings, however costly. */
  readonly slowestTickMs: number;
  /** A reading may take this share of the time until the next one. */
  readonly costShare: number;
  /** Silence after which a comment is sent. */
  readonly heartbeatMs: number;
  /** A client that has not read for so long is cut off. */
  readonly stalledMs: number;
  /** A stream lives about so long; the client comes back, and is asked again whether it may. */
  readonly lifeMs: number;
  /** When a client whose connection was lost comes back. */
  readonly retryMs: number;
}

export const DEFAULT_LIVE_LIMITS: LiveLimits = {
  streams: 10_000,
  tickMs: 2_000,
  slowestTickMs: 60_000,
  costShare: 0.05,
  heartbeatMs: 15_000,
  stalledMs: 60_000,
  lifeMs: 5 * 60_000,
  retryMs: 2_000,
};

export interface LiveFeedOptions<T extends object> {
  /** Read the state as it is to be sent; null: there is no such thing. */
  readonly read: (tenantId: string, id: string) => Promise<T | null>;
  /** Whether it will never change again: every stream of it then ends. */
  readonly isOver: (state: T) => boolean;
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<LiveLimits>;
  /** Aborted when the process is told to stop: every stream ends, and none is begun. */
  readonly closing?: AbortSignal | undefined;
}

export interface LiveFeed {
  /**
   * A stream of snapshot, ticks and end as server-sent events.
   * @param request.onDropped called when the client is cut off because it does not read
   * @returns null when there is nothing under the id.
   * @throws RightcallError `unavailable` when the process has as many streams as it may.
   */
  open(request: {
    readonly tenantId: string;
    readonly id: string;
    readonly lastEventId: string | null;
    readonly onDropped: () => void;
  }): Promise<ReadableStream<Uint8Array> | null>;
  /** Streams that are open now. */
  readonly streams: number;
  /** Things that are being read over and over now. */
  readonly channels: number;
}

/** Streams written to in one turn of the event loop, so that requests are answered in between. */
const FANOUT = 200;
/** Streams are looked at for silence, stalls and their end this often at least (real ms). */
const LOOK_AFTER_MS = 5_000;
/** Streams end within this part of their life either way, so that they do not all come back at once. */
const LIFE_JITTER = 0.1;
/** Seconds after which it makes sense to ask again for a stream: some end all the time. */
const FULL_RETRY_S = 10;

/**
 * Follow states that are costly to read for any number of clients: each is read by one poller while somebody follows
 * it, as often as its cost allows, and what changed is sent to all. Does nothing until the first stream is opened.
 */
export function createLiveFeed<T extends object>(options: LiveFeedOptions<T>): LiveFeed {
  const limits: LiveLimits = { ...DEFAULT_LIVE_LIMITS, ...options.limits };
  const channels = new Map<string, Channel<T>>();
  const open = new Map<LiveStream<T>, number>();
  let opening = 0;
  let looking: NodeJS.Timeout | undefined;
  const lookAfterMs = Math.min(LOOK_AFTER_MS, limits.stalledMs / 2, limits.heartbeatMs / 2);

  options.closing?.addEventListener('abort', () => {
    for (const stream of [...open.keys()]) stream.end();
  });

  function lookAfter(): void {
    const now = Date.now();
    for (const [stream, endsAt] of [...open]) {
      const isStalled = stream.stalledSince !== null;
      const stalledMs = now - (stream.stalledSince ?? now);
      // One that ends while it does not read would never hear of it.
      if (isStalled && (stalledMs >= limits.stalledMs || now >= endsAt)) stream.drop();
      else if (now >= endsAt) stream.end();
      else if (now - stream.lastSent >= limits.heartbeatMs) stream.beat();
    }
  }

  async function channelOf(tenantId: string, id: string): Promise<Channel<T> | null> {
    const key = `${tenantId}/${id}`;
    let channel = channels.get(key);
    if (channel === undefined) {
      channel = new Channel({
        read: () => options.read(tenantId, id),
        isOver: options.isOver,
        onError: options.onError,
        onIdle: () => channels.delete(key),
        limits,
      });
      channels.set(key, channel);
    }
    return (await channel.ready()) ? channel : null;
  }

  return {
    open: async ({ tenantId, id, lastEventId, onDropped }) => {
      if (options.closing?.aborted === true) throw unavailable('the process is stopping', 1);
      if (open.size + opening >= limits.streams) {
        throw unavailable(`this process serves ${limits.streams} streams already`, FULL_RETRY_S);
      }
      opening += 1;
      try {
        const channel = await channelOf(tenantId, id);
        if (channel === null) return null;
        const stream: LiveStream<T> = new LiveStream({
          followed: channel,
          lastEventId,
          retryMs: limits.retryMs,
          now: Date.now,
          onClosed: () => {
            channel.streams.delete(stream);
            open.delete(stream);
            if (open.size > 0) return;
            clearInterval(looking);
            looking = undefined;
          },
          onDropped,
        });
        channel.streams.add(stream);
        open.set(stream, Date.now() + limits.lifeMs * (1 + LIFE_JITTER * (2 * Math.random() - 1)));
        looking ??= setInterval(lookAfter, lookAfterMs).unref();
        return stream.body;
      } finally {
        opening -= 1;
      }
    },
    get streams() {
      return open.size;
    },
    get channels() {
      return channels.size;
    },
  };
}

function unavailable(message: string, retryAfterS: number): RightcallError {
  return new RightcallError('unavailable', message, { retryAfterS });
}

interface ChannelOptions<T extends object> extends Pick<LiveFeedOptions<T>, 'isOver' | 'onError'> {
  readonly read: () => Promise<T | null>;
  /** Called when nobody follows it any more. */
  readonly onIdle: () => void;
  readonly limits: LiveLimits;
}

/** One thing that is followed: its poller, its latest state, and the streams of those who follow. */
class Channel<T extends object> implements Followed<T> {
  readonly streams = new Set<LiveStream<T>>();
  isOver = false;
  #current: Version<T> | null = null;
  #ticks = new Map<Version<T>, Uint8Array>();
  #reading: Promise<void> | null = null;
  readonly #options: ChannelOptions<T>;

  constructor(options: ChannelOptions<T>) {
    this.#options = options;
  }

  get current(): Version<T> {
    if (this.#current === null) throw new RightcallError('internal', 'followed before it was read');
    return this.#current;
  }

  /** Resolves when it has been read for the first time; all who ask meanwhile share that reading. */
  async ready(): Promise<boolean> {
    if (this.#current === null) {
      this.#reading ??= this.#readFirst();
      await this.#reading;
    }
    return this.#current !== null;
  }

  tickFrom(version: Version<T>): Uint8Array {
    let tick = this.#ticks.get(version);
    if (tick === undefined) {
      tick = tickEvent(version, this.current);
      this.#ticks.set(version, tick);
    }
    return tick;
  }

  async #readFirst(): Promise<void> {
    try {
      const cost = await this.#read();
      if (this.#current === null) this.#options.onIdle();
      else this.#pollAfter(cost);
    } catch (error) {
      this.#reading = null;
      this.#options.onIdle();
      throw error;
    }
  }

  /** @returns what it cost: real ms. */
  async #read(): Promise<number> {
    const since = performance.now();
    const data = await this.#options.read();
    const cost = performance.now() - since;
    if (data === null) return cost;
    const version = versionOf(data, Date.now(), this.#current);
    this.isOver = this.#options.isOver(data);
    if (this.#current === null || !isSameContent(version.id, this.#current.id)) {
      this.#current = version;
      this.#ticks = new Map();
    }
    return cost;
  }

  #pollAfter(cost: number): void {
    const { tickMs, slowestTickMs, costShare } = this.#options.limits;
    const wait = Math.min(slowestTickMs, Math.max(tickMs, cost / costShare));
    setTimeout(() => void this.#poll(), wait).unref();
  }

  /** With nobody left to follow, the state is kept until the next reading would be due, and then forgotten. */
  async #poll(): Promise<void> {
    if (this.streams.size === 0) {
      this.#options.onIdle();
      return;
    }
    let cost = 0;
    try {
      cost = await this.#read();
      await this.#fanOut();
    } catch (error) {
      this.#options.onError(error);
    }
    this.#pollAfter(cost);
  }

  async #fanOut(): Promise<void> {
    let written = 0;
    for (const stream of [...this.streams]) {
      stream.flush();
      written += 1;
      if (written % FANOUT === 0) await nextTurn();
    }
  }
}
