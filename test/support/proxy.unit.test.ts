import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createProxy, type Proxy } from './proxy.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Answers every piece with itself and its name. */
async function echo(name: string): Promise<{ server: Server; port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => socket.write(`${name}:${String(piece)}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port, sockets };
}

async function proxyTo(...ports: number[]): Promise<Proxy> {
  const proxy = await createProxy(() => ports);
  open.push(() => proxy.close());
  return proxy;
}

async function dial(proxy: Proxy): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  open.push(() => socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function said(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [piece] = (await once(socket, 'data')) as [Buffer];
  return piece.toString();
}

/** Not `once`, which takes the error before a close for the answer. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

const quickly = <T>(work: Promise<T>, ms = 150): Promise<T | 'nothing'> =>
  Promise.race([work, delay(ms).then(() => 'nothing' as const)]);

test('what is sent arrives, both ways, while the weather is fair', async () => {
  const proxy = await proxyTo((await echo('a')).port);
  expect(await said(await dial(proxy), 'x')).toBe('a:x');
});

test('while it is stalled nothing passes, and nothing is lost', async () => {
  const proxy = await proxyTo((await echo('a')).port);
  const socket = await dial(proxy);
  await said(socket, 'x');
  proxy.weather({ stalled: true });
  const answer = said(socket, 'y');
  expect(await quickly(answer)).toBe('nothing');
  proxy.weather({ stalled: false });
  expect(await answer).toBe('a:y');
});

test('a delay is added in each direction', async () => {
  const proxy = await proxyTo((await echo('a')).port);
  const socket = await dial(proxy);
  await said(socket, 'x');
  proxy.weather({ delayMs: 60 });
  const began = performance.now();
  expect(await said(socket, 'y')).toBe('a:y');
  expect(performance.now() - began).toBeGreaterThan(110);
});

test('a cut resets both ends at once', async () => {
  const { port, sockets } = await echo('a');
  const proxy = await proxyTo(port);
  const socket = await dial(proxy);
  await said(socket, 'x');
  const ends = [closed(socket), closed([...sockets][0]!)];
  expect(proxy.cut()).toBe(1);
  await Promise.all(ends);
});

test('a deaf connection swallows what is sent, and tells neither end that the other has gone', async () => {
  const { port, sockets } = await echo('a');
  const proxy = await proxyTo(port);
  const socket = await dial(proxy);
  await said(socket, 'x');
  proxy.deafen();
  expect(await quickly(said(socket, 'y'))).toBe('nothing');
  const server = [...sockets][0]!;
  const heard = closed(server);
  socket.destroy();
  expect(await quickly(heard)).toBe('nothing');
  expect(await said(await dial(proxy), 'z')).toBe('a:z');
});

test('of several targets it takes the next one that answers', async () => {
  const [a, b] = [await echo('a'), await echo('b')];
  const proxy = await proxyTo(a.port, b.port);
  expect(new Set([await said(await dial(proxy), 'x'), await said(await dial(proxy), 'x')])).toEqual(
    new Set(['a:x', 'b:x']),
  );
  a.server.close();
  for (const socket of a.sockets) socket.destroy();
  await once(a.server, 'close');
  expect(await said(await dial(proxy), 'y')).toBe('b:y');
  expect(await said(await dial(proxy), 'y')).toBe('b:y');
});
