import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import getPort from 'get-port';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createSimulatorCarrier,
  readDialAnswer,
  type SimulatorCarrier,
} from '../../../carriers/simulator/adapter.ts';
import type { DialRequest } from '../../../carriers/port.ts';

const DIAL: DialRequest = {
  attemptId: 'c/1',
  to: '+12025550101',
  from: '+12025550199',
  ringTimeoutS: 30,
  context: {},
};

async function carrierAgainst(answer: RequestListener): Promise<SimulatorCarrier> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const carrier = createSimulatorCarrier({ baseUrl, requestTimeoutMs: 100 });
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await carrier.close();
  });
  return carrier;
}

describe('an answer to a dial is a refusal only where it proves that nothing rings', () => {
  const refused = (code: string) => ({ accepted: false, error: { code, message: '' } });
  const CASES: [what: string, status: number, body: unknown, expected: unknown][] = [
    ['201 with a reference', 201, { reference: 'r', duplicate: false }, { kind: 'accepted', reference: 'r' }],
    ['200 of a duplicate', 200, { reference: 'r', duplicate: true }, { kind: 'accepted', reference: 'r' }],
    ['201 without a reference', 201, {}, { kind: 'unknown' }],
    ['400', 400, refused('unreadable'), { rejection: { kind: 'permanent', outcome: null } }],
    ['422', 422, refused('invalid_number'), { rejection: { kind: 'permanent', outcome: 'invalid_number' } }],
    ['403 of a number', 403, refused('blocked'), { rejection: { kind: 'permanent', outcome: 'blocked' } }],
    ['403 of ours', 403, null, { rejection: { kind: 'auth', outcome: null } }],
    ['401', 401, null, { rejection: { kind: 'auth', outcome: null } }],
    ['408', 408, null, { kind: 'unknown' }],
    ['500 that says so', 500, refused('internal'), { rejection: { kind: 'transient' } }],
    ['500 that does not', 500, null, { kind: 'unknown' }],
    ['502 of a gateway', 502, null, { kind: 'unknown' }],
    ['503', 503, null, { rejection: { kind: 'transient' } }],
    ['504 of a gateway', 504, null, { kind: 'unknown' }],
    ['a redirection', 302, null, { kind: 'unknown' }],
  ];
  test.each(CASES)('%s', (_what, status, body, expected) => {
    expect(readDialAnswer(status, undefined, body)).toMatchObject(expected as object);
  });

  test('429 with the time to wait, in the body or in the header', () => {
    const body = { ...refused('rate_limited'), retryAfterMs: 120 };
    expect(readDialAnswer(429, '1', body)).toMatchObject({
      rejection: { kind: 'rate_limited', retryAfterMs: 120 },
    });
    expect(readDialAnswer(429, '3', null)).toMatchObject({ rejection: { retryAfterMs: 3000 } });
    expect(readDialAnswer(429, undefined, null)).toMatchObject({ rejection: { retryAfterMs: null } });
  });
});

describe('dial never throws', () => {
  test('a refused connection is a refusal: the request never left', async () => {
    const carrier = createSimulatorCarrier({ baseUrl: `http://127.0.0.1:${await getPort()}` });
    expect(await carrier.dial(DIAL, 1_000)).toMatchObject({
      kind: 'rejected',
      rejection: { kind: 'transient', reason: 'ECONNREFUSED' },
    });
    await carrier.close();
  });

  test('a connection that is cut after the request is unknown', async () => {
    const carrier = await carrierAgainst((request) => request.socket.destroy());
    expect((await carrier.dial(DIAL, 1_000)).kind).toBe('unknown');
  });

  test('an answer that never comes is unknown after the time-out', async () => {
    const carrier = await carrierAgainst(() => undefined);
    expect((await carrier.dial(DIAL, 50)).kind).toBe('unknown');
  });

  test('an answer that is cut in the middle is unknown', async () => {
    const carrier = await carrierAgainst((_request, response) => {
      response.writeHead(201, { 'content-length': '100' });
      response.write('{"reference":');
      setTimeout(() => response.destroy(), 5);
    });
    expect((await carrier.dial(DIAL, 1_000)).kind).toBe('unknown');
  });

  test('a request is made once, whatever becomes of it', async () => {
    let requests = 0;
    const carrier = await carrierAgainst((request) => {
      requests += 1;
      request.socket.destroy();
    });
    await carrier.dial(DIAL, 1_000);
    expect(requests).toBe(1);
  });
});

describe('where the carrier cannot say, neither can the adapter', () => {
  test('look-up is unknown, never not found, on errors and on silence', async () => {
    const broken = await carrierAgainst((_request, response) => response.writeHead(502).end('Bad Gateway'));
    expect(await broken.lookup('c/1')).toMatchObject({ kind: 'unknown' });
    const bare404 = await carrierAgainst((_request, response) => response.writeHead(404).end());
    expect(await bare404.lookup('c/1')).toMatchObject({ kind: 'unknown' });
    const silent = await carrierAgainst(() => undefined);
    expect(await silent.lookup('c/1')).toMatchObject({ kind: 'unknown' });
  });

  test('hang-up is false, health is not ok, and the list of live calls throws', async () => {
    const broken = await carrierAgainst((_request, response) => response.writeHead(503).end());
    expect(await broken.hangup('r')).toBe(false);
    expect((await broken.health()).ok).toBe(false);
    await expect(broken.listLive()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
