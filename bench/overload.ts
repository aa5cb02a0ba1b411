import { randomBytes } from 'node:crypto';
import { Pool } from 'undici';
import { startApiProcess } from '../test/support/api-process.ts';
import { fill, mixOf, type Target } from './load.ts';
import { load, type LoadRequest, type LoadResult, type LoadShape } from './support/open-loop.ts';
import { atLeast, atMost, measure, type BenchResult, type Report } from './support/result.ts';
import { withClient, type BenchServers } from './support/servers.ts';
import { numberOf } from './support/stack.ts';
import { percentile } from './support/stats.ts';

/**
 * The API at three times what it can carry, as a process of its own on a real PostgreSQL: how many requests a second it
 * answers when each of so many clients asks again as soon as it was answered (its capacity), then three times as many,
 * sent whether or not earlier ones were answered, while stops arrive. Held against stops with nothing beside them.
 */
export interface OverloadOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  /** Contacts in the campaign. */
  readonly contacts: number;
  /** Real seconds of each part of a run. */
  readonly seconds: number;
  readonly runs: number;
}

const TIMES = 3;
/** As many as are worked on at once (api/admission-limits.ts): more would wait. */
const CLIENTS = 16;
/** Stops a second, half of them withdrawals, half do-not-call entries. */
const STOPS = 5;
/** Probes a second, and as many events of a carrier: they are not signed, and so end with the look-up of its secret. */
const OTHERS = 2;
/** Of the overload: as many as wait and are worked on, and as many again that are turned away. */
const CONNECTIONS = 200;
/** Of issue 6, under chaos; here nothing is in flight at a carrier. */
const STOP_P99_MS = 3_000;
const GOODPUT = 0.7;

interface Run {
  readonly capacity: number;
  readonly alone: LoadResult;
  readonly mixed: LoadResult;
  readonly stops: LoadResult;
  readonly probes: LoadResult;
  readonly events: LoadResult;
}

export async function run(options: OverloadOptions): Promise<BenchResult> {
  const { seconds, report } = options;
  const database = await options.servers.newDatabase();
  const apiKey = randomBytes(24).toString('base64url');
  const api = await startApiProcess({
    DATABASE_URL: database.url,
    RIGHTCALL_API_KEY: apiKey,
    // It is one key that asks here; what is measured is what the process can do.
    RIGHTCALL_RATE_LIMIT: '100000',
  });
  const runs: Run[] = [];
  try {
    const target = await fill(api, apiKey, database.url, options.contacts);
    const next = withoutStops(mixOf(target));
    const stop = stopsOf(target);
    const webhook = await webhookOf(database.url);
    const shape = { url: api.url, apiKey, seconds, arrivals: 'steady' } satisfies Partial<LoadShape>;
    const stopShape = { ...shape, connections: 50, rate: STOPS };
    await closedLoop(api.url, apiKey, 5, next);
    for (let n = 0; n < options.runs; n++) {
      const alone = await load(stopShape, stop);
      const capacity = await closedLoop(api.url, apiKey, seconds, next);
      const [mixed, stops, probes, events] = await Promise.all([
        load({ ...shape, connections: CONNECTIONS, rate: Math.round(TIMES * capacity) }, next),
        load(stopShape, stop),
        load({ ...shape, connections: 10, rate: OTHERS }, () => ({ method: 'GET', path: '/readyz' })),
        load({ ...shape, connections: 10, rate: OTHERS }, () => ({
          method: 'POST',
          path: webhook,
          body: {},
        })),
      ]);
      runs.push({ capacity, alone, mixed, stops, probes, events });
      report(
        `  overload, run ${n + 1}: capacity ${capacity.toFixed(0)}/s, stops p99 ${p99(alone.ms)} ms alone and ` +
          `${p99(stops.ms)} ms beside ${TIMES} times that, ${mixed.servedMs.length} of ${mixed.ms.length} served`,
      );
    }
  } finally {
    await api.stop();
    await database.drop();
  }
  const each = (of: (one: Run) => number) => runs.map(of);
  return {
    name: 'overload',
    compared: `the API at ${TIMES} times its capacity, beside itself with nothing to do`,
    on:
      `${options.contacts.toLocaleString('en-US')} contacts, the mix of the load benchmark without its stops; capacity: ${CLIENTS} ` +
      `clients, each asking again once answered; ${STOPS} stops a second; ${seconds} s each; the load generator on the ` +
      'same machine',
    measures: [
      measure(
        'capacity',
        '/s',
        each(({ capacity }) => capacity),
      ),
      measure(
        'stops alone, p99',
        'ms',
        each(({ alone }) => percentile(alone.ms, 0.99)),
      ),
      measure(
        `stops beside ${TIMES} times the capacity, p99`,
        'ms',
        each(({ stops }) => percentile(stops.ms, 0.99)),
        atMost(STOP_P99_MS),
      ),
      measure(
        'of that, by this generator being late, p99',
        'ms',
        each(({ stops }) => percentile(stops.lateMs, 0.99)),
      ),
      measure(
        'stops that were not carried out',
        '',
        each(({ stops }) => stops.failed),
        atMost(0),
      ),
      measure(
        'probes (/readyz) beside it, p99',
        'ms',
        each(({ probes }) => percentile(probes.ms, 0.99)),
      ),
      measure(
        "carriers' events beside it, p99",
        'ms',
        each(({ events }) => percentile(events.ms, 0.99)),
      ),
      measure(
        'of both, turned away',
        '',
        each(({ probes, events }) => probes.shed + events.shed),
        atMost(0),
      ),
      measure(
        'served ÷ capacity',
        '',
        each(({ mixed, capacity }) => mixed.servedMs.length / seconds / capacity),
        atLeast(GOODPUT),
      ),
      measure(
        'of those served, p99',
        'ms',
        each(({ mixed }) => percentile(mixed.servedMs, 0.99)),
      ),
      measure(
        'turned away',
        '%',
        each(({ mixed }) => (100 * mixed.shed) / mixed.ms.length),
      ),
      measure(
        'failed otherwise',
        '',
        each(({ mixed }) => mixed.failed - mixed.shed),
        atMost(0),
      ),
    ],
    notes: [
      'times are from the instant at which a request was due, so that waiting for a connection counts as well',
    ],
  };
}

const p99 = (ms: readonly number[]) => percentile(ms, 0.99).toFixed(0);

/** Of the mix one in twenty is a do-not-call entry: stops are counted by themselves here. */
function withoutStops(next: () => LoadRequest): () => LoadRequest {
  return () => {
    const request = next();
    return request.method === 'POST' && request.path === '/v1/suppressions' ? next() : request;
  };
}

/** Withdrawals and do-not-call entries in turn, of other people each time. */
function stopsOf(target: Target): () => LoadRequest {
  let n = 0;
  return () => {
    n += 1;
    if (n % 2 === 0) {
      return {
        method: 'POST',
        path: '/v1/suppressions',
        body: { number: numberOf(n % 10_000), source: 'bench' },
      };
    }
    const personId = target.personIds[n % target.personIds.length]!;
    return { method: 'POST', path: `/v1/persons/${personId}/withdrawals`, body: { source: 'bench' } };
  };
}

/** Where the carrier of the campaign sends its events. */
async function webhookOf(databaseUrl: string): Promise<string> {
  const { rows } = await withClient(databaseUrl, (client) =>
    client.query<{ path: string }>(`SELECT '/v1/webhooks/' || tenant_id || '/' || id AS path FROM carriers`),
  );
  return rows[0]!.path;
}

/** So many clients, each asking again as soon as it was answered. @returns answers a second */
async function closedLoop(
  url: string,
  apiKey: string,
  seconds: number,
  next: () => LoadRequest,
): Promise<number> {
  const pool = new Pool(url, { connections: CLIENTS });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const until = performance.now() + seconds * 1_000;
  let answered = 0;
  const client = async () => {
    while (performance.now() < until) {
      const { method, path, body } = next();
      const text = body === undefined ? null : JSON.stringify(body);
      const answer = await pool.request({ method, path, headers, body: text });
      await answer.body.dump();
      if (answer.statusCode < 300) answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await pool.close();
  return answered / seconds;
}
