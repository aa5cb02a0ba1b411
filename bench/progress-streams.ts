import { connect, type AddressInfo } from 'node:net';
import { fork } from 'node:child_process';
import { serve, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { createLiveFeed } from '../api/live/feed.ts';

/**
 * Memory of a server with many live streams: node --import tsx --expose-gc bench/progress-streams.ts [streams]
 * The server is a process of its own with nothing but a feed; clients are plain sockets that read, and a tenth that do
 * not. Prints its heap and resident size before, with all streams open, and after many ticks.
 */
const COUNT = Number(process.argv[2] ?? 5_000);
const TICKS = 20;
const TICK_MS = 1_000;

interface Memory {
  readonly streams: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly cpuMs: number;
}

async function serveFeed(): Promise<void> {
  let n = 0;
  const byState = { waiting: 900_000, admitted: 50, denied: 10_000, converted: 1_000, exhausted: 2_000 };
  const feed = createLiveFeed({
    read: () =>
      Promise.resolve({ campaignId: 'bench', status: 'running', n: n++, byState: { ...byState, n } }),
    isOver: () => false,
    onError: () => undefined,
    limits: { tickMs: TICK_MS, stalledMs: 600_000 },
  });
  const app = new Hono();
  app.get('/', async (c) => {
    const stream = await feed.open({ tenantId: 't', id: 'a', lastEventId: null, onDropped: () => undefined });
    return c.body(stream!, 200, { 'Content-Type': 'text/event-stream' });
  });
  const server = await new Promise<ServerType>((resolve) => {
    const listening = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(listening));
  });
  process.on('message', () => {
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / 1_000;
    process.send!({ streams: feed.streams, heapMb: heapUsed / 2 ** 20, rssMb: rss / 2 ** 20, cpuMs });
  });
  process.send!({ port: (server.address() as AddressInfo).port });
}

async function measureStreams(): Promise<void> {
  const child = fork(import.meta.filename, ['serve'], { execArgv: ['--import', 'tsx', '--expose-gc'] });
  const message = <T>() => new Promise<T>((resolve) => child.once('message', (value) => resolve(value as T)));
  const look = async (when: string): Promise<Memory> => {
    child.send('look');
    const memory = await message<Memory>();
    const { streams, heapMb, rssMb, cpuMs } = memory;
    process.stdout.write(
      `${when}: ${streams} streams, heap ${heapMb.toFixed(1)} MB, resident ${rssMb.toFixed(0)} MB, CPU ${cpuMs.toFixed(0)} ms\n`,
    );
    return memory;
  };
  try {
    const { port } = await message<{ port: number }>();
    const before = await look('before');
    for (let i = 0; i < COUNT; i += 100) {
      await Promise.all(
        Array.from(
          { length: Math.min(100, COUNT - i) },
          (_, k) =>
            new Promise<void>((resolve, reject) => {
              const socket = connect(port, '127.0.0.1', () => {
                socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
              });
              socket.on('error', reject);
              socket.once('data', () => {
                if (k % 10 === 0) socket.pause();
                resolve();
              });
              socket.on('data', () => undefined);
            }),
        ),
      );
    }
    const opened = await look('open');
    const each = ((opened.heapMb - before.heapMb) * 1024) / COUNT;
    process.stdout.write(`${each.toFixed(1)} KB of heap a stream, its connection included\n`);
    await new Promise((resolve) => setTimeout(resolve, TICKS * TICK_MS));
    const after = await look(`after about ${TICKS} ticks`);
    const perTick = (after.cpuMs - opened.cpuMs) / TICKS;
    process.stdout.write(`${perTick.toFixed(0)} ms of CPU a tick to all of them\n`);
  } finally {
    child.kill();
  }
}

await (process.argv[2] === 'serve' ? serveFeed() : measureStreams());
process.exitCode ??= 0;
if (process.argv[2] !== 'serve') process.exit();
