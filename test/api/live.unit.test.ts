import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import fc from 'fast-check';
import { createLiveFeed, DEFAULT_LIVE_LIMITS, type LiveFeedOptions } from '../../api/live/feed.ts';

interface State {
  readonly status: string;
  readonly n: number;
  readonly of: Readonly<Record<string, number>>;
}
const state = (n: number, change: Partial<State> = {}): State => ({
  status: 'running',
  n,
  of: { waiting: 9 },
  ...change,
});

const START = Date.parse('2026-03-02T02:00:00Z');
const TICK = DEFAULT_LIVE_LIMITS.tickMs;
const decoder = new TextDecoder();

beforeEach(() => {
  vi.useFakeTimers({
    now: START,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
});
afterEach(() => vi.useRealTimers());

/** What a feed reads, for the test to change, with how often it was read. */
function rigOf(change: Partial<LiveFeedOptions<State>> = {}) {
  const source = { now: state(0) as State | null, reads: 0 };
  const errors: unknown[] = [];
  const feed = createLiveFeed<State>({
    read: () => {
      source.reads += 1;
      return Promise.resolve(source.now);
    },
    isOver: ({ status }) => status === 'over',
    onError: (error) => errors.push(error),
    ...change,
  });
  const open = async (lastEventId: string | null = null, onDropped = () => undefined, id = 'a') => {
    const stream = await feed.open({ tenantId: 't', id, lastEventId, onDropped });
    if (stream === null) throw new Error('there is no such thing');
    return readerOf(stream);
  };
  return { source, errors, feed, open };
}

interface Event {
  readonly id?: string;
  readonly event?: string;
  readonly data?: State;
  readonly comment?: true;
  readonly retry?: number;
}

function readerOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader();
  return {
    /** The next chunk's events; null at the end. */
    next: async (): Promise<Event | null> => {
      const { done, value } = await reader.read();
      return done ? null : eventOf(decoder.decode(value));
    },
    cancel: () => reader.cancel(),
  };
}

function eventOf(text: string): Event {
  expect(text.endsWith('\n\n')).toBe(true);
  if (text.startsWith(':')) return { comment: true };
  const fields = Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(': ') + 2)]),
  );
  if (fields['retry'] !== undefined) return { retry: Number(fields['retry']) };
  return {
    id: fields['id']!,
    event: fields['event']!,
    data: JSON.parse(fields['data']!) as State,
  };
}

describe('what is sent', () => {
  test('a snapshot first, then only what changed, with ids that grow', async () => {
    const { source, open } = rigOf();
    const client = await open();
    expect(await client.next()).toEqual({ retry: DEFAULT_LIVE_LIMITS.retryMs });
    const snapshot = await client.next();
    expect(snapshot).toMatchObject({ event: 'snapshot', data: state(0) });
    const ids = [snapshot!.id!];
    for (const [next, changed] of [
      [state(1), { n: 1 }],
      [state(1, { of: { denied: 9 } }), { of: { denied: 9 } }],
      [state(2, { of: {} }), { n: 2, of: {} }],
    ] as const) {
      source.now = next;
      await vi.advanceTimersByTimeAsync(TICK);
      const tick = await client.next();
      expect(tick).toMatchObject({ event: 'tick' });
      expect(tick!.data).toEqual(changed);
      ids.push(tick!.id!);
    }
    const instants = ids.map((id) => Number(id.split('-')[0]));
    expect(instants).toEqual([...new Set(instants)].sort((a, b) => a - b));
  });

  test('each change once, to a client that waits for it as well', async () => {
    const { source, open } = rigOf();
    const client = await open();
    await client.next();
    await client.next();
    for (const n of [1, 2, 3]) {
      const waited = client.next();
      source.now = state(n);
      await vi.advanceTimersByTimeAsync(TICK);
      expect(await waited).toMatchObject({ event: 'tick', data: { n } });
    }
    const end = client.next();
    source.now = state(4, { status: 'over' });
    await vi.advanceTimersByTimeAsync(TICK);
    expect(await end).toMatchObject({ event: 'end' });
    expect(await client.next()).toBeNull();
  });

  test('nothing when nothing changed, and a comment when that lasts', async () => {
    const { source, open } = rigOf();
    const client = await open();
    await client.next();
    await client.next();
    const next = client.next();
    await vi.advanceTimersByTimeAsync(DEFAULT_LIVE_LIMITS.heartbeatMs + 5_000);
    expect(await next).toEqual({ comment: true });
    expect(source.reads).toBeGreaterThan(5);
  });

  test('the end, with everything, when it is over; and the stream ends', async () => {
    const { source, open, feed } = rigOf();
    const client = await open();
    await client.next();
    await client.next();
    source.now = state(7, { status: 'over' });
    await vi.advanceTimersByTimeAsync(TICK);
    expect(await client.next()).toMatchObject({ event: 'end', data: { n: 7, status: 'over' } });
    expect(await client.next()).toBeNull();
    expect(feed.streams).toBe(0);
    await vi.advanceTimersByTimeAsync(3 * TICK);
    expect(feed.channels).toBe(0);
    // Who comes later learns it at once.
    const late = await open();
    await late.next();
    expect(await late.next()).toMatchObject({ event: 'end', data: { n: 7 } });
    expect(await late.next()).toBeNull();
  });

  test('applying every tick to the snapshot gives the state, however slowly a client reads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            n: fc.integer({ min: 0, max: 3 }),
            of: fc.dictionary(fc.constantFrom('waiting', 'denied', 'converted'), fc.nat(2)),
            /** Chunks the client reads after this tick. */
            reads: fc.nat(2),
          }),
          { maxLength: 15 },
        ),
        async (steps) => {
          const { source, open } = rigOf();
          const client = await open();
          let seen: Partial<State> = {};
          const take = (event: Event | null) => {
            if (event?.event === 'snapshot') seen = { ...event.data };
            else if (event?.event === 'tick') Object.assign(seen, event.data);
          };
          let pending: Promise<void> | null = null;
          const read = () => {
            pending ??= client.next().then((event) => {
              take(event);
              pending = null;
            });
            return Promise.race([pending, Promise.resolve()]);
          };
          for (const { reads, ...next } of steps) {
            source.now = state(next.n, { of: next.of });
            await vi.advanceTimersByTimeAsync(TICK);
            for (let i = 0; i < reads; i++) {
              await read();
              await vi.advanceTimersByTimeAsync(0);
            }
          }
          for (let i = 0; i < 4; i++) {
            await read();
            await vi.advanceTimersByTimeAsync(0);
          }
          expect(seen).toEqual(source.now);
          await client.cancel();
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('coming back', () => {
  test('with the id of what is still so: no snapshot, but the next change', async () => {
    const { source, open } = rigOf();
    const first = await open();
    await first.next();
    const { id } = (await first.next())!;
    await first.cancel();
    await vi.advanceTimersByTimeAsync(10 * TICK);
    const again = await open(id);
    expect(await again.next()).toEqual({ retry: DEFAULT_LIVE_LIMITS.retryMs });
    source.now = state(3);
    const next = again.next();
    await vi.advanceTimersByTimeAsync(TICK);
    expect(await next).toMatchObject({ event: 'tick', data: { n: 3 } });
  });

  test('with the id of another process for the same state: no snapshot either', async () => {
    const before = rigOf();
    const first = await before.open();
    await first.next();
    const { id } = (await first.next())!;
    const { source, open } = rigOf();
    const again = await open(id);
    await again.next();
    source.now = state(4);
    const next = again.next();
    await vi.advanceTimersByTimeAsync(TICK);
    expect(await next).toMatchObject({ event: 'tick' });
  });

  test.each(['0-0', 'nonsense', '', '-', '1', `${START}-ffffffffffffffff`])(
    'with %o, which is of no state: a snapshot',
    async (lastEventId) => {
      const { open } = rigOf();
      const client = await open(lastEventId);
      await client.next();
      expect(await client.next()).toMatchObject({ event: 'snapshot' });
    },
  );
});

describe('bounds', () => {
  test('one poller reads for thousands of streams, and stops when all have gone', async () => {
    const { source, open, feed } = rigOf();
    const clients = await Promise.all(Array.from({ length: 3_000 }, () => open()));
    expect([feed.streams, feed.channels, source.reads]).toEqual([3_000, 1, 1]);
    for (const client of clients) {
      await client.next();
      await client.next();
    }
    source.now = state(1);
    await vi.advanceTimersByTimeAsync(TICK);
    const ticks = await Promise.all(clients.map((client) => client.next()));
    expect(new Set(ticks.map((tick) => JSON.stringify(tick))).size).toBe(1);
    expect(ticks[0]).toMatchObject({ event: 'tick', data: { n: 1 } });
    expect(source.reads).toBe(2);
    // The last of them are written to in later turns of the event loop.
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(clients.map((client) => client.cancel()));
    await vi.advanceTimersByTimeAsync(5 * TICK);
    expect([feed.streams, feed.channels]).toEqual([0, 0]);
    const { reads } = source;
    await vi.advanceTimersByTimeAsync(60 * TICK);
    expect(source.reads).toBe(reads);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the next stream beyond what a process serves is refused with when to come back', async () => {
    const { open, feed } = rigOf({ limits: { streams: 2 } });
    const first = await open();
    await open();
    const refused = { code: 'unavailable', retryAfterS: 10 };
    await expect(open()).rejects.toMatchObject(refused);
    // Streams being opened count as well.
    await first.cancel();
    const [a, b] = await Promise.allSettled([open(), open()]);
    expect([a.status, b.status]).toEqual(['fulfilled', 'rejected']);
    expect(feed.streams).toBe(2);
  });

  test('a client that does not read gets no more than one chunk, and is cut off in the end', async () => {
    const { source, open, feed } = rigOf();
    const dropped = vi.fn();
    const slow = await open(null, dropped);
    const quick = await open();
    await quick.next();
    for (let n = 1; n <= 20; n++) {
      source.now = state(n);
      await vi.advanceTimersByTimeAsync(TICK);
      await quick.next();
    }
    // What lay between was skipped: what waited, then the present state.
    expect(await slow.next()).toHaveProperty('retry');
    expect(await slow.next()).toMatchObject({ event: 'snapshot', data: { n: 20 } });
    source.now = state(21);
    await vi.advanceTimersByTimeAsync(TICK);
    source.now = state(22);
    await vi.advanceTimersByTimeAsync(DEFAULT_LIVE_LIMITS.stalledMs - 2 * TICK);
    expect(dropped).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(DEFAULT_LIVE_LIMITS.stalledMs);
    expect(dropped).toHaveBeenCalledOnce();
    expect(feed.streams).toBeLessThan(2);
  });

  test('a reading that takes long is made more rarely', async () => {
    const cost = 500;
    const source = { reads: 0 };
    const { open } = rigOf({
      read: async () => {
        source.reads += 1;
        await new Promise((resolve) => setTimeout(resolve, cost));
        return state(source.reads);
      },
      limits: { lifeMs: 3_600_000 },
    });
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
    const opened = open();
    await vi.advanceTimersByTimeAsync(cost);
    const client = await opened;
    const following = (async () => {
      while ((await client.next()) !== null);
    })();
    const since = Date.now();
    await vi.advanceTimersByTimeAsync(10 * 60_000 - 1);
    clock.mockRestore();
    const share = ((source.reads - 1) * cost) / (Date.now() - since);
    expect(share).toBeGreaterThan(0.03);
    expect(share).toBeLessThanOrEqual(0.05);
    await client.cancel();
    await following;
  });

  test('a stream ends after its life, so that rights are asked about again', async () => {
    const { open, feed } = rigOf();
    const client = await open();
    await client.next();
    await client.next();
    const events = (async () => {
      const all: (Event | null)[] = [];
      do all.push(await client.next());
      while (all.at(-1) !== null);
      return all;
    })();
    await vi.advanceTimersByTimeAsync(DEFAULT_LIVE_LIMITS.lifeMs * 1.2);
    const all = await events;
    expect(all.slice(0, -1).every((event) => event?.comment)).toBe(true);
    expect(feed.streams).toBe(0);
  });
});

describe('faults', () => {
  test('nothing under the id: no stream, and nothing is kept', async () => {
    const { source, feed } = rigOf();
    source.now = null;
    expect(
      await feed.open({ tenantId: 't', id: 'a', lastEventId: null, onDropped: () => undefined }),
    ).toBeNull();
    expect([feed.streams, feed.channels, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  test('a first reading that fails is told to the client, and tried anew for the next', async () => {
    let fails = true;
    const { open, feed } = rigOf({
      read: () => (fails ? Promise.reject(new Error('no database')) : Promise.resolve(state(1))),
    });
    await expect(open()).rejects.toThrow('no database');
    expect([feed.streams, feed.channels]).toEqual([0, 0]);
    fails = false;
    await expect(open()).resolves.toBeDefined();
  });

  test('a later reading that fails leaves the streams open, and they go on', async () => {
    let fails = false;
    let n = 0;
    const { open, errors } = rigOf({
      read: () => (fails ? Promise.reject(new Error('no database')) : Promise.resolve(state(n))),
    });
    const client = await open();
    await client.next();
    await client.next();
    fails = true;
    await vi.advanceTimersByTimeAsync(3 * TICK);
    expect(errors.length).toBeGreaterThan(0);
    fails = false;
    n = 1;
    const next = client.next();
    await vi.advanceTimersByTimeAsync(TICK);
    expect(await next).toMatchObject({ event: 'tick', data: { n: 1 } });
  });

  test('a process that stops ends its streams and begins none', async () => {
    const closing = new AbortController();
    const { open, feed } = rigOf({ closing: closing.signal });
    const client = await open();
    await client.next();
    await client.next();
    closing.abort();
    expect(await client.next()).toBeNull();
    expect(feed.streams).toBe(0);
    await expect(open()).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('tenants do not share what is followed', async () => {
    const read = vi.fn((tenantId: string) => Promise.resolve(tenantId === 't' ? state(1) : null));
    const { feed, open } = rigOf({ read });
    await open();
    const other = await feed.open({ tenantId: 'u', id: 'a', lastEventId: null, onDropped: () => undefined });
    expect(other).toBeNull();
    expect(read.mock.calls.map(([tenantId]) => tenantId)).toEqual(['t', 'u']);
  });
});
