import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { invalidInput, messageOf } from '../../domain/failures.ts';
import { METRICS_TYPE, type Metrics } from './metrics.ts';

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** What a probe is told. */
export interface Readiness {
  readonly ready: boolean;
  /** Each thing it depends on, with `ok` or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Real ms after which a probe is told that something does not answer. */
const READY_TIMEOUT_MS = 2_000;

/**
 * `/healthz`, `/readyz` and `/metrics` on a port of their own (RIGHTCALL_METRICS_PORT), without a key and without
 * anything about people.
 * @throws RightcallError `invalid_input` when the port is taken
 */
export async function startOpsServer(options: {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  readiness(): Promise<Readiness>;
}): Promise<OpsServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch(() => {
      response.statusCode = 500;
      response.end();
    });
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
  server.listen(at.port, at.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw invalidInput([
      {
        field: 'RIGHTCALL_METRICS_PORT',
        fault: `${at.port} is taken already`,
        expected: 'a free port; 0 takes any',
      },
    ]);
  }
}

async function answer(
  options: { readonly metrics: Metrics; readiness(): Promise<Readiness> },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split('?')[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'text/plain', '');
  switch (path) {
    case '/healthz':
      return end(response, 200, 'application/json', JSON.stringify({ status: 'ok' }));
    case '/readyz': {
      const { ready, checks } = await withinTime(options.readiness());
      const status = ready ? 'ok' : 'unavailable';
      return end(response, ready ? 200 : 503, 'application/json', JSON.stringify({ status, checks }));
    }
    case '/metrics':
      return end(response, 200, METRICS_TYPE, await options.metrics.text());
    default:
      return end(response, 404, 'text/plain', '');
  }
}

function end(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

async function withinTime(asked: Promise<Readiness>): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(
      () => resolve({ ready: false, checks: { probe: 'no answer in time' } }),
      READY_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([
      asked.catch((error: unknown) => ({ ready: false, checks: { probe: messageOf(error) } })),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
