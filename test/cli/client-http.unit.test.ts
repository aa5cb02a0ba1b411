import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { createApiClient, type ApiClient } from '../../cli/client/http.ts';
import { retryAfterSOf, retryDelayMs } from '../../cli/client/retry.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

interface Talk {
  readonly api: ApiClient;
  readonly waits: number[];
  readonly requests: { readonly key: string | undefined; readonly body: string }[];
}

/** A client and a server that answers as the test says; waits are noted, not waited for. */
async function talk(handler: Handler): Promise<Talk> {
  const waits: number[] = [];
  const requests: { key: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      requests.push({ key: request.headers['idempotency-key'] as string | undefined, body });
      handler(request, response, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let made = 0;
  const api = createApiClient(
    { url, apiKey: 'a-key' },
    {
      sleep: (ms) => Promise.resolve(waits.push(ms)),
      newKey: () => `made-${++made}`,
      version: '0',
    },
  );
  closing.push(
    () => api.close(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  return { api, waits, requests };
}

function say(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

test('a write that is sent again after a lost connection has the same key, and the next write another', async () => {
  const { api, requests, waits } = await talk((request, response, nth) => {
    if (nth === 1) request.socket.destroy();
    else say(response, 200, { nth });
  });
  expect(await api.send('POST', '/x', { json: { a: 1 } })).toEqual({ nth: 2 });
  await api.send('POST', '/x', { json: { a: 1 } });
  expect(requests.map(({ key }) => key)).toEqual(['made-1', 'made-1', 'made-2']);
  expect(requests[1]!.body).toBe('{"a":1}');
  expect(waits).toHaveLength(1);
});

test('a key that was given is the one that is sent; a reading has none', async () => {
  const { api, requests } = await talk((_request, response) => say(response, 200, {}));
  await api.send('POST', '/x', { json: {}, headers: { 'idempotency-key': 'mine' } });
  await api.send('GET', '/x');
  expect(requests.map(({ key }) => key)).toEqual(['mine', undefined]);
});

test('too many requests and not available are waited out as long as the server says', async () => {
  const { api, waits } = await talk((_request, response, nth) => {
    if (nth < 3) say(response, nth === 1 ? 429 : 503, { code: 'rate_limited' }, { 'retry-after': '2' });
    else say(response, 200, { done: true });
  });
  expect(await api.send('POST', '/x', { json: {} })).toEqual({ done: true });
  expect(waits).toEqual([2_000, 2_000]);
});

test('it gives up in the end, and says when to come back', async () => {
  const { api, requests } = await talk((_request, response) => {
    say(response, 429, { code: 'rate_limited', detail: 'too many' }, { 'retry-after': '3600' });
  });
  await expect(api.send('GET', '/x')).rejects.toThrow(/too many; try again in 3600 s/);
  expect(requests).toHaveLength(1);
});

test('a refusal is not sent again, and a body that was streamed neither', async () => {
  const { api, requests } = await talk((request, response) => {
    if (request.url === '/stream')
      say(response, 503, { code: 'unavailable', detail: 'no' }, { 'retry-after': '0' });
    else say(response, 422, { code: 'refused', detail: 'not so', faults: [] });
  });
  await expect(api.send('POST', '/x', { json: {} })).rejects.toThrow('not so');
  await expect(api.send('POST', '/stream', { stream: Readable.from(['a']) })).rejects.toThrow('no');
  expect(requests).toHaveLength(2);
});

test('a fault names the option it was given with', async () => {
  const fault = { field: 'purposes[0]', fault: 'is not a purpose', expected: 'marketing' };
  const { api } = await talk((_request, response) => {
    say(response, 400, { code: 'invalid_input', detail: 'bad', faults: [fault] });
  });
  const nameOf = (field: string) => (field === 'purposes[0]' ? '--purpose' : field);
  await expect(api.send('POST', '/x', { json: {}, nameOf })).rejects.toThrow(
    '--purpose is not a purpose; expected marketing',
  );
});

test('a proxy that answers for a server that is away is not available, whatever it says', async () => {
  const { api } = await talk((_request, response) => response.writeHead(502).end('<html>Bad gateway'));
  await expect(api.send('GET', '/x')).rejects.toMatchObject({ code: 'unavailable' });
});

test('while the first of two still runs the second waits for it; a conflict of its own is one at once', () => {
  expect(retryDelayMs({ kind: 'answered', status: 409, retryAfterS: 1 }, 2)).toBe(1_000);
  expect(retryDelayMs({ kind: 'answered', status: 409, retryAfterS: 1 }, 1)).toBeNull();
  expect(retryDelayMs({ kind: 'answered', status: 409, retryAfterS: null }, 2)).toBeNull();
  expect(retryDelayMs({ kind: 'answered', status: 500, retryAfterS: null }, 1)).toBeNull();
  expect(retryDelayMs({ kind: 'lost' }, 3)).toBeNull();
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-03-02T10:00:00Z');
  expect(retryAfterSOf('7', now)).toBe(7);
  expect(retryAfterSOf('Mon, 02 Mar 2026 10:00:30 GMT', now)).toBe(30);
  expect(retryAfterSOf('soon', now)).toBeNull();
  expect(retryAfterSOf(undefined, now)).toBeNull();
});
