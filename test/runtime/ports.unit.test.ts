import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { choosePort } from '../../runtime/servers/ports.ts';

async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a required port that is taken is refused, naming the option and how to find who has it', async () => {
  const port = await takenPort();
  await expect(choosePort({ required: port, option: '--port' })).rejects.toThrow(
    new RegExp(
      `--port: port ${port} on 127.0.0.1 is in use.*stop the process.*lsof -i :${port}.*another for --port`,
    ),
  );
});

test('a preferred port is taken when it is free, again and again, and another when it is not', async () => {
  const free = await choosePort();
  expect(await choosePort({ preferred: free })).toBe(free);
  expect(await choosePort({ preferred: free })).toBe(free);
  const taken = await takenPort();
  expect(await choosePort({ preferred: taken })).not.toBe(taken);
});

test('ports that are chosen at once differ', async () => {
  const ports = await Promise.all(Array.from({ length: 10 }, () => choosePort()));
  expect(new Set(ports).size).toBe(10);
});

test('a chosen port is none that an outgoing connection may be given', async () => {
  const ports = await Promise.all(Array.from({ length: 10 }, () => choosePort()));
  expect(ports.filter((port) => port >= 32_768)).toEqual([]);
});
