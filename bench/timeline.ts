import { createPolicySource } from '../gate/policy-source.ts';
import { DECISION_COLUMNS, DECISION_VALUES, decide, decisionValues } from '../gate/decide.ts';
import { readDossier } from '../gate/dossier.ts';
import { fixedClock } from '../domain/clock.ts';
import { HOUR_MS, toIso } from '../domain/time.ts';
import { openBenchApi, type BenchApi } from './support/api.ts';
import { ALL_OPEN, contactIdOf, type FilledDatabase } from './support/filled.ts';
import { below, measure, type BenchResult, type Report } from './support/result.ts';
import { percentile } from './support/stats.ts';

/** How long the timeline and the explanation of a contact with 50 attempts take, asked of the API. */
export interface TimelineOptions {
  readonly filled: FilledDatabase;
  readonly report: Report;
  /** Contacts read in a run; each is read once, so that none is in a cache by us. */
  readonly contacts: number;
  readonly runs: number;
}

const ATTEMPTS = 50;
const TIMELINE_P95_MS = 100;
const EXPLANATION_P95_MS = 50;

export async function run(options: TimelineOptions): Promise<BenchResult> {
  const { filled, contacts, runs, report } = options;
  const api = await openBenchApi(filled);
  try {
    const gap = Math.floor(filled.people / (contacts * runs));
    if (gap < 1) throw new Error(`${filled.people} contacts are too few for so many readings`);
    const ids = Array.from({ length: contacts * runs }, (_, i) => contactIdOf(i * gap));
    report(`  timeline: giving ${ids.length} contacts ${ATTEMPTS} attempts each`);
    for (const id of ids) await tellMuch(api, filled, id);
    const told: number[][] = [];
    const explained: number[][] = [];
    let entries = 0;
    for (let n = 0; n < runs; n++) {
      const timeline: number[] = [];
      const explanation: number[] = [];
      for (const id of ids.slice(n * contacts, (n + 1) * contacts)) {
        const story = await api.time('GET', `/v1/contacts/${id}/timeline?limit=500`);
        timeline.push(story.ms);
        entries += (story.answer as { entries: unknown[] }).entries.length;
        explanation.push((await api.time('GET', `/v1/contacts/${id}/explanation`)).ms);
      }
      told.push(timeline);
      explained.push(explanation);
      report(`  timeline, run ${n + 1}: p95 ${percentile(timeline, 0.95).toFixed(1)} ms`);
    }
    const p = (ms: number[][], q: number) => ms.map((one) => percentile(one, q));
    return {
      name: 'timeline',
      compared: `timeline and explanation of a contact with ${ATTEMPTS} attempts, from the API`,
      on: `${filled.size}; ${contacts} contacts a run, each read once, one after another; ${Math.round(entries / ids.length)} entries each, on one page`,
      measures: [
        measure('timeline, p50', 'ms', p(told, 0.5)),
        measure('timeline, p95', 'ms', p(told, 0.95), below(TIMELINE_P95_MS)),
        measure('explanation, p50', 'ms', p(explained, 0.5)),
        measure('explanation, p95', 'ms', p(explained, 0.95), below(EXPLANATION_P95_MS)),
      ],
      notes: [
        'in one process, without a socket; numbers are looked up and not opened, since the fill has no keys',
      ],
    };
  } finally {
    await api.close();
  }
}

/** Attempts, decisions, the carrier's events and the workflow's notes, up to 50 of each, as the engine writes them. */
async function tellMuch(api: BenchApi, filled: FilledDatabase, contactId: string): Promise<void> {
  const clock = fixedClock(ALL_OPEN);
  const policies = (source ??= createPolicySource());
  const first = filled.attemptsEach + 1;
  await api.db.inTenant(filled.tenantId, async (tx) => {
    const dossier = (await readDossier(tx, contactId, clock.now()))!;
    for (let n = 1; n <= ATTEMPTS; n++) {
      const at = ALL_OPEN - (ATTEMPTS - n) * HOUR_MS;
      const decided = await decide(tx, policies, clock, dossier, at);
      await tx.prepared(
        'bench_decision',
        `INSERT INTO decisions (${DECISION_COLUMNS}) VALUES (${DECISION_VALUES}) ON CONFLICT DO NOTHING`,
        decisionValues(tx, dossier, decided, 'dial', n + 1_000),
      );
    }
    await tx.query(
      `INSERT INTO attempts (tenant_id, id, contact_id, campaign_id, person_id, number_hash, n, admission, decision_id,
                             purpose, channel, carrier_id, carrier_ref, state, fence, lease_until_real, claimed_at,
                             claimed_real, sending_at, sending_real, sent_at, ended_at, rang_at, outcome, conversation,
                             reported_real, result)
       SELECT $1, $2::uuid::text || '/' || n, $2, $3, c.person_id, m.number_hash, n, n, gen_random_uuid(), 'marketing',
              'voice', k.id, 'r', 'ended', 1, at, at, at, at, at, at, at + interval '30 s', at, 'no_answer', false,
              at, '{}'
       FROM generate_series($4::int, $5::int) AS n
       CROSS JOIN LATERAL (SELECT $6::timestamptz - make_interval(hours => $5::int - n)) AS t (at)
       JOIN contacts c ON c.tenant_id = $1 AND c.id = $2
       JOIN person_numbers m ON m.tenant_id = $1 AND m.person_id = c.person_id AND m.is_primary
       JOIN carriers k ON k.tenant_id = $1`,
      [filled.tenantId, contactId, filled.campaignId, first, ATTEMPTS, toIso(ALL_OPEN)],
    );
    await tx.query(
      `INSERT INTO call_events (tenant_id, carrier_id, event_id, attempt_id, type, at, payload, received_real, processed_real)
       SELECT $1, a.carrier_id, a.id || '-' || t, a.id, t, a.rang_at, '{"reference":"bench","digits":null,"end":null}', now(), now()
       FROM attempts a, unnest(ARRAY['ringing', 'answered', 'ended']) t WHERE a.tenant_id = $1 AND a.contact_id = $2
       ON CONFLICT DO NOTHING`, // another bench of the same run may have told some of it
      [filled.tenantId, contactId],
    );
    await tx.query(
      `INSERT INTO workflow_notes (tenant_id, campaign_id, contact_id, kind, admission, detail, at, recorded_real)
       SELECT $1, a.campaign_id, a.contact_id, kind, a.n, '{}', a.claimed_at, now()
       FROM attempts a, unnest(ARRAY['admitted', 'reported']) kind WHERE a.tenant_id = $1 AND a.contact_id = $2`,
      [filled.tenantId, contactId],
    );
  });
}

let source: ReturnType<typeof createPolicySource> | undefined;
