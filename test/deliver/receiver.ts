import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly source: string;
    readonly subject: string;
    readonly time: string;
    readonly sequence: string;
    readonly specversion: string;
    readonly partitionkey: string;
    readonly data: Readonly<Record<string, unknown>>;
  };
  /** What it was answered with; null: nothing. */
  status: number | null;
}

/** What a receiver does with a request: a status, nothing at all (`hang`), or whatever it likes. */
export type Behaviour = (
  request: Received,
  response: ServerResponse,
) => number | 'hang' | 'handled' | Promise<number | 'hang' | 'handled'>;

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Those it answered with 2xx. */
  accepted(): Received[];
  behave(behaviour: Behaviour): void;
  /** Resolves once `condition` holds. */
  until(condition: () => boolean, withinMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** A customer's system, as good or bad as the test wants it. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let behaviour: Behaviour = () => 204;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const one: Received = {
        headers: request.headers,
        text,
        event: JSON.parse(text) as Received['event'],
        status: null,
      };
      received.push(one);
      void Promise.resolve(behaviour(one, response)).then((said) => {
        if (typeof said !== 'number') return;
        one.status = said;
        response.writeHead(said).end();
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    accepted: () => received.filter(({ status }) => status !== null && status < 300),
    behave: (next) => {
      behaviour = next;
    },
    until: async (condition, withinMs = 20_000) => {
      const deadline = Date.now() + withinMs;
      while (!condition()) {
        if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms; ${received.length} received`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
