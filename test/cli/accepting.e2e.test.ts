import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ACCEPTED_A_TURN, acceptMore } from '../../cli/api/accepting.ts';

async function listening(): Promise<Server> {
  const server = createServer((_, response) => response.end('answered')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** Connections that came in by the end of the turn that brought the first, of as many as are accepted at once. */
async function acceptedInOneTurn(server: Server): Promise<number> {
  let accepted = 0;
  server.on('connection', () => (accepted += 1));
  const clients: Socket[] = Array.from({ length: ACCEPTED_A_TURN }, () =>
    connect(portOf(server), '127.0.0.1'),
  );
  await once(server, 'connection');
  const first = await new Promise<number>((resolve) => setImmediate(() => resolve(accepted)));
  for (const client of clients) client.destroy();
  return first;
}

test('a stop that has no connection yet waits for a sixteenth of the turns that it would wait for otherwise', async () => {
  const plain = await listening();
  expect(await acceptedInOneTurn(plain)).toBe(1);
  plain.close();

  const server = await listening();
  const accepting = await acceptMore(server);
  expect(accepting.sockets).toBe(ACCEPTED_A_TURN);
  expect(await acceptedInOneTurn(server)).toBeGreaterThan(ACCEPTED_A_TURN / 2);
  server.close();
  await accepting.close();
});

test('whichever socket accepts it, a request is answered, and nobody gets in once it is closed', async () => {
  const server = await listening();
  const accepting = await acceptMore(server);
  const url = `http://127.0.0.1:${portOf(server)}/`;
  const ask = async () => (await fetch(url, { headers: { connection: 'close' } })).text();
  const answers = await Promise.all(Array.from({ length: 3 * ACCEPTED_A_TURN }, ask));
  expect(new Set(answers)).toEqual(new Set(['answered']));
  const closed = once(server, 'close');
  const accepted = accepting.close();
  server.close();
  await Promise.all([closed, accepted]);
  await expect(fetch(url)).rejects.toThrow();
});

test('a server that closes waits for answers on every connection, whichever socket accepted it', async () => {
  const server = createServer((_, response) => {
    response.write('half ');
    waiting.push(() => response.end('answered'));
    if (waiting.length === CLIENTS) begun();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const waiting: (() => void)[] = [];
  const CLIENTS = 2 * ACCEPTED_A_TURN;
  let begun = (): void => undefined;
  const allBegun = new Promise<void>((resolve) => (begun = resolve));
  const accepting = await acceptMore(server);
  const answers = Array.from({ length: CLIENTS }, async () =>
    (await fetch(`http://127.0.0.1:${portOf(server)}/`, { headers: { connection: 'close' } })).text(),
  );
  await allBegun;
  let isClosed = false;
  const closed = Promise.all([accepting.close(), once(server.close(), 'close')]).then(
    () => (isClosed = true),
  );
  for (const end of waiting.slice(0, -1)) end();
  await Promise.race(answers);
  expect(isClosed).toBe(false);
  waiting.at(-1)!();
  await closed;
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['half answered']));
});
