import { createPolicySource } from '../gate/policy-source.ts';
import { decide, decisionValues, DECISION_COLUMNS, DECISION_VALUES } from '../gate/decide.ts';
import { readDossier } from '../gate/dossier.ts';
import { openDatabase, type Database } from '../db/client.ts';
import { contactStory } from '../db/repositories/timeline.ts';
import { fixedClock } from '../domain/clock.ts';
import { HOUR_MS, type EpochMs } from '../domain/time.ts';
import { askedOf, explain } from '../gate/explain.ts';
import { createPolicyReader } from '../gate/policy-source.ts';
import { readContactStanding } from '../gate/standing.ts';
import { ALL_OPEN, contactIdOf, type FilledDatabase } from './support/filled.ts';
import { below, measure, type BenchResult, type Report } from './support/result.ts';
import { percentile } from './support/stats.ts';

/**
 * How long it takes to read everything that was ever recorded about one contact, as its timeline does (contactStory), and
 * to explain it now and at an earlier instant, in a database that was in use for years.
 */
export interface ExplainOptions {
  readonly filled: FilledDatabase;
  readonly report: Report;
  /** Contacts read in a run; each is read once, so that none is in a cache by us. */
  readonly contacts: number;
  readonly runs: number;
}

const P95_MS = 50;
const EVENT_TYPES = ['ringing', 'answered', 'ended'] as const;

export async function run(options: ExplainOptions): Promise<BenchResult> {
  const { filled, contacts, runs, report } = options;
  const db = await openDatabase(filled.url, { maxConnections: 4, applicationName: 'rightcall-bench' });
  try {
    // Spread over the table.
    const gap = Math.floor(filled.people / (contacts * runs));
    if (gap < 1) throw new Error(`${filled.people} contacts are too few for so many readings`);
    const ids = Array.from({ length: contacts * runs }, (_, i) => contactIdOf(i * gap));
    for (const id of ids) await tellMore(db, filled, id);
    let entries = 0;
    const latencies: number[][] = [];
    const explained = { now: [] as number[][], earlier: [] as number[][] };
    for (let n = 0; n < runs; n++) {
      const ms: number[] = [];
      for (const id of ids.slice(n * contacts, (n + 1) * contacts)) {
        const since = performance.now();
        const story = await db.inTenant(filled.tenantId, (tx) =>
          contactStory(tx, id, { after: null, descending: false, limit: 500 }),
        );
        ms.push(performance.now() - since);
        entries += story!.entries.length;
      }
      latencies.push(ms);
      const some = ids.slice(n * contacts, (n + 1) * contacts);
      explained.now.push(await explainAll(db, filled, some, 0));
      explained.earlier.push(await explainAll(db, filled, some, 30 * 24 * HOUR_MS));
      report(`  explain, run ${n + 1}: p95 ${percentile(ms, 0.95).toFixed(1)} ms`);
    }
    return {
      name: 'explain',
      compared:
        'everything recorded about one contact, by its repository; and its explanation, with what would have to change',
      on: `${filled.size}; ${contacts} contacts a run, each read once, one after another; ${Math.round(entries / ids.length)} entries each`,
      measures: [
        measure(
          'p50',
          'ms',
          latencies.map((ms) => percentile(ms, 0.5)),
        ),
        measure(
          'p95',
          'ms',
          latencies.map((ms) => percentile(ms, 0.95)),
          below(P95_MS),
        ),
        measure(
          'explained as of now, p95',
          'ms',
          explained.now.map((ms) => percentile(ms, 0.95)),
          below(P95_MS),
        ),
        measure(
          'explained as of 30 days ago, p95',
          'ms',
          explained.earlier.map((ms) => percentile(ms, 0.95)),
          below(P95_MS),
        ),
      ],
      notes: [],
    };
  } finally {
    await db.close();
  }
}

const reader = createPolicyReader();

/** Explain each contact once, as the API does, so long ago. */
async function explainAll(
  db: Database,
  filled: FilledDatabase,
  ids: readonly string[],
  agoMs: number,
): Promise<number[]> {
  const clock = fixedClock(ALL_OPEN);
  const now: EpochMs = clock.now();
  const asked = { at: now - agoMs, now };
  const ms: number[] = [];
  for (const id of ids) {
    const since = performance.now();
    await db.inTenant(filled.tenantId, async (tx) => {
      const contact = (await readContactStanding(tx, id, agoMs === 0 ? null : asked.at))!;
      await explain(tx, { clock, policies: reader }, contact.campaignId, askedOf(contact), contact, asked);
    });
    ms.push(performance.now() - since);
  }
  return ms;
}

/** A decision and the carrier's three events for each of the contact's attempts, as the engine would have written them. */
async function tellMore(db: Database, filled: FilledDatabase, contactId: string): Promise<void> {
  const clock = fixedClock(ALL_OPEN);
  const policies = policiesOf();
  await db.inTenant(filled.tenantId, async (tx) => {
    const dossier = (await readDossier(tx, contactId, clock.now()))!;
    for (let n = 1; n <= filled.attemptsEach; n++) {
      const decided = await decide(tx, policies, clock, dossier, clock.now());
      await tx.prepared(
        'bench_decision',
        `INSERT INTO decisions (${DECISION_COLUMNS}) VALUES (${DECISION_VALUES})`,
        decisionValues(tx, dossier, decided, 'dial', n),
      );
    }
    await tx.query(
      `INSERT INTO call_events (tenant_id, carrier_id, event_id, attempt_id, type, at, payload, received_real, processed_real)
       SELECT $1, a.carrier_id, a.id || '-' || t, a.id, t, a.rang_at, '{"reference":"bench","digits":null,"end":null}', now(), now()
       FROM attempts a, unnest($3::text[]) t WHERE a.tenant_id = $1 AND a.contact_id = $2`,
      [filled.tenantId, contactId, EVENT_TYPES],
    );
  });
}

let source: ReturnType<typeof createPolicySource> | undefined;
function policiesOf(): ReturnType<typeof createPolicySource> {
  source ??= createPolicySource();
  return source;
}
