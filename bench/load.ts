import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { startApiProcess, type ApiProcess } from '../test/support/api-process.ts';
import { load, type LoadRequest, type LoadResult, type LoadShape } from './support/open-loop.ts';
import { below, measure, type BenchResult, type Report } from './support/result.ts';
import { withClient, type BenchServers } from './support/servers.ts';
import { numberOf } from './support/stack.ts';
import { percentile } from './support/stats.ts';

/**
 * The API under a steady mixed load, as a process of its own on a real PostgreSQL: reads of every kind that people and
 * their systems make all day, with one write in ten. Held against a route that does nothing, on the same server at the
 * same rate, so that what the machine itself adds can be told.
 */
export interface LoadOptions {
  readonly servers: BenchServers;
  readonly report: Report;
  /** Contacts in the campaign. */
  readonly contacts: number;
  /** Real seconds of each of the two loads in a run. */
  readonly seconds: number;
  readonly runs: number;
}

const RATE = 200;
const CONNECTIONS = 20;
const P99_MS = 100;
/** Seconds of bursts in a run. */
const BURSTS = 10;
/** Contacts that were tried often, as in a long collection; their timelines are asked for. */
const TRIED = 200;
const ATTEMPTS_EACH = 50;

export interface Target {
  readonly campaignId: string;
  readonly contactIds: readonly string[];
  readonly personIds: readonly string[];
}

export async function run(options: LoadOptions): Promise<BenchResult> {
  const database = await options.servers.newDatabase();
  const apiKey = randomBytes(24).toString('base64url');
  const api = await startApiProcess({
    DATABASE_URL: database.url,
    RIGHTCALL_API_KEY: apiKey,
    RIGHTCALL_RATE_LIMIT: '100000',
  });
  const bare: LoadResult[] = [];
  const mixed: LoadResult[] = [];
  const bursts: LoadResult[] = [];
  const memory: { before: number; after: number }[] = [];
  try {
    const target = await fill(api, apiKey, database.url, options.contacts);
    const next = mixOf(target);
    const shape: LoadShape = {
      url: api.url,
      apiKey,
      connections: CONNECTIONS,
      rate: RATE,
      seconds: options.seconds,
      arrivals: 'steady',
    };
    // What a process does once: compiled queries, connections, keys.
    await load({ ...shape, seconds: 5 }, next);
    for (let n = 0; n < options.runs; n++) {
      bare.push(await load(shape, () => ({ method: 'GET', path: '/healthz' })));
      const before = await residentMb(api.pid);
      const result = await load(shape, next);
      mixed.push(result);
      memory.push({ before, after: await residentMb(api.pid) });
      bursts.push(await load({ ...shape, arrivals: 'bursts', seconds: BURSTS }, next));
      const [p50, p99] = [0.5, 0.99].map((q) => percentile(result.ms, q).toFixed(0));
      options.report(`  load, run ${n + 1}: p50 ${p50}, p99 ${p99} ms, ${result.ms.length} requests`);
    }
  } finally {
    await api.stop();
    await database.drop();
  }
  const p = (results: readonly LoadResult[], q: number) => results.map((result) => percentile(result.ms, q));
  return {
    name: 'load',
    compared: 'a mixed load on the API, beside a route that does nothing on the same server',
    on:
      `${options.contacts.toLocaleString('en-US')} contacts, ${TRIED} of them with ${ATTEMPTS_EACH} attempts; ${RATE} ` +
      `requests/s at random instants over ${CONNECTIONS} connections for ${options.seconds} s each, one in ten a write; ` +
      'the load generator on the same machine',
    measures: [
      measure('mixed, p50', 'ms', p(mixed, 0.5)),
      measure('mixed, p99', 'ms', p(mixed, 0.99), below(P99_MS)),
      measure(
        'mixed, errors',
        '',
        mixed.map((result) => result.failed),
        below(1),
      ),
      measure(`mixed, ${RATE} at once each second, p50`, 'ms', p(bursts, 0.5)),
      measure(`mixed, ${RATE} at once each second, p99`, 'ms', p(bursts, 0.99)),
      measure('bare route, p50', 'ms', p(bare, 0.5)),
      measure('bare route, p99', 'ms', p(bare, 0.99)),
      measure(
        'memory before a run',
        'MB',
        memory.map((m) => m.before),
      ),
      measure(
        'memory after it',
        'MB',
        memory.map((m) => m.after),
      ),
    ],
    notes: [
      'times are from the instant at which a request was due, so that waiting for a connection counts as well',
    ],
  };
}

/** Twenty requests in turn, eighteen reads and two writes; each takes the next contact at every turn. */
export function mixOf(target: Target): () => LoadRequest {
  let turn = 0;
  const next = <T>(of: readonly T[]): T => of[(turn += 7) % of.length]!;
  const get = (path: () => string) => (): LoadRequest => ({ method: 'GET', path: path() });
  const post = (path: string, body: () => object) => (): LoadRequest => ({
    method: 'POST',
    path,
    body: body(),
  });
  const contact = () => next(target.contactIds);
  const tried = () => target.contactIds[(turn += 7) % Math.min(TRIED, target.contactIds.length)]!;
  const campaign = `/v1/campaigns/${target.campaignId}`;
  const search = post('/v1/contacts/search', () => ({
    externalId: `c-${(turn += 7) % target.contactIds.length}`,
  }));
  const mix = [
    get(() => `/v1/contacts/${contact()}`),
    get(() => `/v1/contacts/${tried()}/timeline`),
    search,
    get(() => `/v1/persons/${next(target.personIds)}`),
    get(() => `${campaign}/contacts?limit=50`),
    get(() => `/v1/contacts/${contact()}`),
    get(() => `/v1/contacts/${tried()}/timeline`),
    get(() => campaign),
    get(() => `${campaign}/contacts?state=waiting&limit=20`),
    post('/v1/suppressions', () => ({ number: numberOf(5_000 + ((turn += 1) % 5_000)), source: 'bench' })),
    get(() => `/v1/contacts/${tried()}/explanation`),
    search,
    get(() => `/v1/attempts?campaignId=${target.campaignId}&limit=50`),
    get(() => `/v1/decisions?campaignId=${target.campaignId}&limit=50`),
    get(() => `/v1/contacts/${contact()}`),
    get(() => `${campaign}/progress`),
    get(() => `/v1/contacts/${contact()}/explanation`),
    get(() => '/v1/suppressions?limit=20'),
    get(() => '/v1/campaigns'),
    post(`/v1/persons/${target.personIds.at(-1)!}/consents`, () => ({
      purposes: ['service'],
      source: `bench ${(turn += 1)}`,
    })),
  ];
  let n = 0;
  return () => mix[n++ % mix.length]!();
}

export async function fill(
  api: ApiProcess,
  apiKey: string,
  databaseUrl: string,
  contacts: number,
): Promise<Target> {
  const send = async (method: string, path: string, body: string, type: string) => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': type },
      body,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as { id: string };
  };
  const json = 'application/json';
  await send(
    'PUT',
    '/v1/carriers/line-1',
    JSON.stringify({
      kind: 'simulator',
      baseUrl: 'http://127.0.0.1:9',
      callsPerSecond: 5,
      maxConcurrentCalls: 10,
      webhookSecret: `whsec_${randomBytes(24).toString('base64')}`,
    }),
    json,
  );
  const campaign = { name: 'Load', purpose: 'service', carrier: 'line-1', callerId: '+12025550100' };
  const { id: campaignId } = await send('POST', '/v1/campaigns', JSON.stringify(campaign), json);
  const rows = Array.from({ length: contacts }, (_, i) => `c-${i},${numberOf(i)}`);
  await send(
    'POST',
    `/v1/campaigns/${campaignId}/imports?name=load.csv`,
    `external_id,phone\n${rows.join('\n')}\n`,
    'text/csv',
  );
  // Puts policies in force; no worker runs, so nothing is dialled.
  await send('POST', `/v1/campaigns/${campaignId}/start`, '{}', json);
  return withClient(databaseUrl, async (client) => {
    const { rows: known } = await client.query<{ id: string; person_id: string }>(
      'SELECT id, person_id FROM contacts WHERE campaign_id = $1 ORDER BY id',
      [campaignId],
    );
    await client.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, state, fence, lease_until_real, claimed_at, claimed_real,
                             sent_at, ended_at, rang_at, outcome, conversation, reported_real)
       SELECT c.tenant_id, c.id || '/' || n, c.id, c.campaign_id, c.person_id, m.number_hash, n, n, gen_random_uuid(),
              'service', 'voice', k.carrier_id, 'ended', 1, now(), at, at, at, at, at, 'no_answer', false, now()
       FROM contacts c
       JOIN campaigns k ON k.tenant_id = c.tenant_id AND k.id = c.campaign_id
       JOIN person_numbers m ON m.tenant_id = c.tenant_id AND m.person_id = c.person_id
       CROSS JOIN generate_series(1, $2::int) n
       CROSS JOIN LATERAL (SELECT now() - n * interval '1 day' AS at) times
       WHERE c.id = ANY($1)`,
      [known.slice(0, TRIED).map((row) => row.id), ATTEMPTS_EACH],
    );
    await client.query(
      `INSERT INTO calls (tenant_id, attempt_id, carrier_id, carrier_ref, status, ringing_at, ended_at, synthesized)
       SELECT tenant_id, id, carrier_id, id, 'ended', rang_at, ended_at, false FROM attempts`,
    );
    await client.query(
      `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                              horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
       SELECT a.tenant_id, a.decision_id, a.campaign_id, a.contact_id, a.person_id, 'dial', a.admission, a.claimed_at,
              now(), 800, 'allow', NULL, '{}', 'bench', p.set_hash, '{}', '', '[]'
       FROM attempts a, (SELECT set_hash FROM policy_activations LIMIT 1) p`,
    );
    await client.query('ANALYZE');
    return {
      campaignId,
      contactIds: known.map((row) => row.id),
      personIds: known.map((row) => row.person_id),
    };
  });
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1_024);
}
