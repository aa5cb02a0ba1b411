import { toIso } from '../domain/time.ts';
import { openBenchApi, type BenchApi } from './support/api.ts';
import { ALL_OPEN, contactIdOf, personIdOf, type FilledDatabase } from './support/filled.ts';
import { below, measure, type BenchResult, type Report } from './support/result.ts';
import { withClient } from './support/servers.ts';
import { percentile } from './support/stats.ts';

/** How long lists and searches take, page by page, with as many contacts, decisions and attempts as there are. */
export interface ListsOptions {
  readonly filled: FilledDatabase;
  readonly report: Report;
  /** Requests of each kind in a run. */
  readonly requests: number;
  readonly runs: number;
}

const P95_MS = 50;
const BARE = 'a request that reads nothing';

/** One kind of request; lists are followed page by page and begun anew at their end. */
interface Asked {
  readonly name: string;
  readonly path: string;
  readonly body?: (n: number) => unknown;
}

export async function run(options: ListsOptions): Promise<BenchResult> {
  const { filled, requests, runs, report } = options;
  await addVariety(filled, report);
  const api = await openBenchApi(filled);
  try {
    const kinds = askedOf(filled);
    const p95 = new Map<string, number[]>(kinds.map(({ name }) => [name, []]));
    for (let n = 0; n < runs; n++) {
      for (const asked of kinds) {
        const ms = await timesOf(api, asked, requests, n);
        p95.get(asked.name)!.push(percentile(ms, 0.95));
      }
      report(
        `  lists, run ${n + 1}: slowest p95 ${Math.max(...[...p95.values()].map((one) => one[n]!)).toFixed(1)} ms`,
      );
    }
    return {
      name: 'lists',
      compared: 'p95 of lists and searches, from the API',
      on: `${filled.size}, a decision each; ${requests} requests of a kind in a run, one after another, 50 rows a page, each page once`,
      measures: kinds.map(({ name }) =>
        measure(name, 'ms', p95.get(name)!, name === BARE ? null : below(P95_MS)),
      ),
      notes: [
        'in one process, without a socket; numbers are looked up and not opened, since the fill has no keys',
      ],
    };
  } finally {
    await api.close();
  }
}

async function timesOf(api: BenchApi, asked: Asked, requests: number, run: number): Promise<number[]> {
  const ms: number[] = [];
  let after: string | null = null;
  for (let i = 0; i < requests; i++) {
    if (asked.body !== undefined) {
      ms.push((await api.time('POST', asked.path, asked.body(run * requests + i))).ms);
      continue;
    }
    const next: string = after === null ? '' : `after=${encodeURIComponent(after)}`;
    const page = await api.time('GET', `${asked.path}${asked.path.includes('?') ? '&' : '?'}${next}`);
    ms.push(page.ms);
    after = (page.answer as { next?: string | null }).next ?? null;
  }
  return ms;
}

function askedOf(filled: FilledDatabase): Asked[] {
  const contacts = `/v1/campaigns/${filled.campaignId}/contacts`;
  const search = `${contacts}/search`;
  const day = encodeURIComponent(toIso(ALL_OPEN - 30 * 86_400_000));
  const campaign = `campaignId=${filled.campaignId}`;
  const someContact = (n: number) => (n * 7_919) % filled.people;
  return [
    // What any request costs here: who asks, and what they may do.
    { name: BARE, path: '/v1/access/me' },
    { name: 'contacts', path: `${contacts}?limit=50` },
    { name: 'contacts, -created', path: `${contacts}?sort=-created` },
    { name: 'contacts, updated', path: `${contacts}?sort=updated` },
    { name: 'contacts, -readyAt', path: `${contacts}?sort=-readyAt` },
    { name: 'contacts, a rare state, -updated', path: `${contacts}?state=converted&sort=-updated` },
    { name: 'contacts, by reason', path: `${contacts}?reason=consent.missing` },
    {
      name: 'contact search by external id, one campaign',
      path: search,
      body: (n) => ({ externalId: `C${someContact(n)}` }),
    },
    {
      name: 'contact search by external id',
      path: '/v1/contacts/search',
      body: (n) => ({ externalId: `C${someContact(n)}` }),
    },
    {
      name: 'contact search by number',
      path: '/v1/contacts/search',
      body: (n) => ({ number: `+1202555${String(n % 10_000).padStart(4, '0')}` }),
    },
    { name: 'decisions', path: '/v1/decisions?limit=50' },
    { name: 'decisions, a rare reason', path: `/v1/decisions?reason=rare&${campaign}` },
    { name: 'decisions of a person', path: `/v1/decisions?personId=${personIdOf(4_711)}` },
    { name: 'attempts', path: `/v1/attempts?${campaign}` },
    { name: 'attempts, an outcome there is none of', path: '/v1/attempts?outcome=busy' },
    { name: 'attempts of a contact', path: `/v1/attempts?contactId=${contactIdOf(4_711)}` },
    { name: 'calls', path: `/v1/calls?before=${day}` },
    { name: 'calls, live', path: '/v1/calls?live=true' },
  ];
}

/** What the fill leaves out: contacts in other states, and a decision each. */
async function addVariety(filled: FilledDatabase, report: Report): Promise<void> {
  await withClient(filled.url, async (client) => {
    await client.query(`SELECT set_config('synchronous_commit', 'off', false)`);
    report('  lists: one contact in fifty denied, one in ten thousand converted; a decision each');
    await client.query(
      `UPDATE contacts SET state = 'denied', state_reason = 'consent.missing' WHERE tenant_id = $1
         AND substr(external_id, 2)::int % 50 = 7`,
      [filled.tenantId],
    );
    await client.query(
      `UPDATE contacts SET state = 'converted', state_reason = 'disposition.converted' WHERE tenant_id = $1
         AND substr(external_id, 2)::int % 10000 = 1`,
      [filled.tenantId],
    );
    await client.query(
      `INSERT INTO decisions (tenant_id, id, campaign_id, contact_id, person_id, stage, admission, at, recorded_real,
                              horizon_ms, verdict, until, reasons, engine, policy_set_hash, facts, facts_hash, results)
       SELECT tenant_id, gen_random_uuid(), campaign_id, id, person_id, 'admission', 1,
              $2::timestamptz - make_interval(secs => substr(external_id, 2)::int), now(), 800, 'defer', NULL,
              CASE WHEN substr(external_id, 2)::int % 100000 = 5 THEN '{rare}' ELSE '{window.closed}' END::text[],
              'bench', 'bench', '{}', 'x', '[]'
       FROM contacts WHERE tenant_id = $1`,
      [filled.tenantId, toIso(ALL_OPEN)],
    );
    for (const table of ['contacts', 'decisions']) await client.query(`VACUUM (ANALYZE) ${table}`);
  });
}
