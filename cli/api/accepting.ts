import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';

/**
 * The event loop accepts one connection of each listening socket a turn (libuv since 1.45). While turns are long, whoever
 * has no connection yet would wait in the kernel for as many turns as there are others before him: with two hundred
 * before him and turns of 50 ms, ten seconds, also with a stop. So the loop gets the one socket this many times over.
 */
export const ACCEPTED_A_TURN = 16;

/** Real ms in which the duplicates come, or do not. */
const WITHIN_MS = 10_000;

/** Sends the socket back as often as it is told; ends when the parent has had enough or has ended. */
const ECHO = `process.on('message', (times, socket) => {
  for (let n = 0; n < times; n++) process.send(n, socket, { keepOpen: true });
})`;

/**
 * Accept more than one connection a turn on a server that listens. A descriptor is duplicated only by being sent from
 * process to process, so a short-lived one sends it back. Where that fails the server accepts as it did before.
 * @returns once it does. `close` takes no more connections, and is done when those it took have ended; the server knows
 * of them and ends them like its own, but waits for its own alone.
 */
export async function acceptMore(
  server: Server,
): Promise<{ readonly sockets: number; close(): Promise<unknown> }> {
  const more: Server[] = [];
  const { _handle: socket } = server as unknown as { _handle: object };
  const echo = spawn(process.execPath, ['-e', ECHO], {
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    timeout: WITHIN_MS,
  });
  await new Promise<void>((resolve) => {
    echo.on('message', (_, duplicate) => {
      const another = createServer({ allowHalfOpen: true, noDelay: true });
      another.on('connection', (connection) => server.emit('connection', connection));
      another.on('error', () => undefined);
      another.listen(duplicate);
      more.push(another);
      if (more.length + 1 === ACCEPTED_A_TURN) echo.disconnect();
    });
    echo.once('error', () => resolve());
    echo.once('exit', () => resolve());
    echo.send(ACCEPTED_A_TURN - 1, socket as Server, { keepOpen: true }, () => undefined);
  });
  const closed = (one: Server) => new Promise<void>((resolve) => one.close(() => resolve()));
  return { sockets: more.length + 1, close: () => Promise.all(more.map(closed)) };
}
