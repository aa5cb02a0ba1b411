import pg from 'pg';
import type { RuleResult } from '../../../domain/decision.ts';
import { compilePolicySet, type CompiledPolicySet } from '../../../policies/index.ts';
import { reviewDecision, type StoredDecision } from './decisions.ts';
import type {
  AttemptRecord,
  CampaignRecord,
  ContactRecord,
  DecisionRecord,
  EngagedSeatRecord,
  Leftovers,
  Records,
  StopRecord,
  TalkRecord,
} from './records.ts';

/** Decisions read at once: each holds some ten kilobytes of facts, which are dropped once it has been looked at. */
const PAGE_ROWS = 500;

/** An instant as epoch ms, under the name that the records have for it. */
const ms = (column: string, name: string) =>
  `round(extract(epoch FROM ${column}) * 1000)::float8 AS "${name}"`;

/**
 * Read the database as it stands at the end, over all tenants.
 * @param databaseUrl of a role that row-level security does not bind
 */
export async function loadRecords(databaseUrl: string): Promise<Records> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    options: '-c TimeZone=UTC',
    application_name: 'judge',
  });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const documents = await loadDocuments(client);
    return {
      attempts: await rows<AttemptRecord>(client, ATTEMPTS_SQL),
      contacts: await rows<ContactRecord>(client, CONTACTS_SQL),
      campaigns: await rows<CampaignRecord>(client, CAMPAIGNS_SQL),
      carriers: await loadCarriers(client),
      decisions: await loadDecisions(client, documents),
      stops: await rows<StopRecord>(client, STOPS_SQL),
      engagedSeats: await rows<EngagedSeatRecord>(client, SEATS_SQL),
      talks: await rows<TalkRecord>(client, TALKS_SQL),
      places: await loadPlaces(client),
      documents,
      leftovers: await loadLeftovers(client),
    };
  } finally {
    await client.end();
  }
}

async function rows<R extends object>(
  client: pg.Client,
  sql: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  return (await client.query<R>(sql, [...values])).rows;
}

const ATTEMPTS_SQL = `
  SELECT tenant_id AS "tenantId", id, contact_id AS "contactId", campaign_id AS "campaignId", person_id AS "personId",
         decision_id AS "decisionId", purpose, encode(number_hash, 'hex') AS number, debt, subject,
         carrier_id AS "carrierId", state, ${ms('lease_until_real', 'leaseUntilReal')},
         ${ms('claimed_real', 'claimedReal')}, ${ms('sending_at', 'sendingAt')}, ${ms('sending_real', 'sendingReal')},
         outcome, disposition, reason, ${ms('hangup_requested_real', 'hangupRequestedReal')},
         ${ms('hangup_done_real', 'hangupDoneReal')}, result IS NOT NULL AS settled,
         ${ms('reported_real', 'reportedReal')}
  FROM attempts ORDER BY claimed_real, id`;

const CONTACTS_SQL = `
  SELECT tenant_id AS "tenantId", id, campaign_id AS "campaignId", person_id AS "personId", state,
         state_reason AS "stateReason", ${ms("nullif(nullif(ready_at, 'infinity'), '-infinity')", 'readyAt')},
         attempts, counted_attempts AS "countedAttempts", workflow_open AS "workflowOpen", wake_pending AS "wakePending",
         ${ms('updated_at', 'updatedAt')}
  FROM contacts ORDER BY id`;

const CAMPAIGNS_SQL = `
  SELECT tenant_id AS "tenantId", id, status, (definition->>'callsPerSecond')::float8 AS "callsPerSecond"
  FROM campaigns ORDER BY id`;

const STOPS_SQL = `
  SELECT id, kind, scope, target_id AS "targetId", ${ms('requested_real', 'requestedReal')},
         ${ms('committed_real', 'committedReal')}, ${ms('acknowledged_real', 'acknowledgedReal')}
  FROM stop_requests ORDER BY committed_real, id`;

const SEATS_SQL = `
  SELECT s.agent_id AS "agentId", s.state, s.attempt_id AS "attemptId", s.preview_id AS "previewId", g.state AS "callState"
  FROM seats s
  LEFT JOIN agent_calls g ON g.tenant_id = s.tenant_id AND g.attempt_id = s.attempt_id AND g.agent_id = s.agent_id
  WHERE s.contact_id IS NOT NULL ORDER BY s.agent_id`;

const TALKS_SQL = `
  SELECT attempt_id AS "attemptId", agent_id AS "agentId", ${ms('connected_real', 'connectedReal')},
         ${ms('ended_real', 'endedReal')}
  FROM agent_calls WHERE connected_real IS NOT NULL AND agent_id IS NOT NULL ORDER BY connected_real, attempt_id`;

const DECISIONS_SQL = `
  SELECT tenant_id AS "tenantId", id, contact_id AS "contactId", person_id AS "personId", campaign_id AS "campaignId",
         stage, verdict, ${ms('until', 'until')}, ${ms('at', 'at')}, ${ms('recorded_real', 'recordedReal')},
         horizon_ms::float8 AS "horizonMs", reasons, engine, policy_set_hash AS "policySetHash", facts,
         facts_hash AS "factsHash", results
  FROM decisions WHERE ($1::uuid IS NULL OR (tenant_id, id) > ($1, $2::uuid))
  ORDER BY tenant_id, id LIMIT ${PAGE_ROWS}`;

async function loadDecisions(
  client: pg.Client,
  documents: ReadonlyMap<string, readonly unknown[]>,
): Promise<DecisionRecord[]> {
  const sets = new Map<string, CompiledPolicySet | null>();
  const setOf = (hash: string) => {
    let set = sets.get(hash);
    if (set === undefined) sets.set(hash, (set = compiled(hash, documents.get(hash))));
    return set;
  };
  const decisions: DecisionRecord[] = [];
  let after: StoredDecision | undefined;
  for (;;) {
    const page = await rows<StoredDecision & { readonly results: readonly RuleResult[] }>(
      client,
      DECISIONS_SQL,
      [after?.tenantId ?? null, after?.id ?? null],
    );
    for (const stored of page) decisions.push(reviewDecision(stored, setOf(stored.policySetHash)));
    if (page.length < PAGE_ROWS) return decisions;
    after = page.at(-1);
  }
}

/** Null when documents are missing, or are not those of this hash. */
function compiled(hash: string, documents: readonly unknown[] | undefined): CompiledPolicySet | null {
  if (documents === undefined) return null;
  try {
    const set = compilePolicySet(documents);
    return set.hash === hash ? set : null;
  } catch {
    return null;
  }
}

async function loadDocuments(client: pg.Client): Promise<Map<string, unknown[]>> {
  const sets = await rows<{ hash: string; bodies: string[]; whole: boolean }>(
    client,
    `SELECT DISTINCT ON (s.hash) s.hash, array_agg(d.body) AS bodies, count(d.body) = cardinality(s.document_hashes) AS whole
     FROM policy_sets s JOIN policy_documents d ON d.tenant_id = s.tenant_id AND d.hash = ANY(s.document_hashes)
     GROUP BY s.tenant_id, s.hash, s.document_hashes ORDER BY s.hash, whole DESC`,
  );
  return new Map(
    sets
      .filter(({ whole }) => whole)
      .map(({ hash, bodies }) => [hash, bodies.map((body): unknown => JSON.parse(body))]),
  );
}

async function loadCarriers(client: pg.Client): Promise<Map<string, number>> {
  const carriers = await rows<{ id: string; limit: number }>(
    client,
    'SELECT id, calls_per_second::float8 AS limit FROM carriers',
  );
  return new Map(carriers.map(({ id, limit }) => [id, limit]));
}

async function loadPlaces(client: pg.Client): Promise<Records['places']> {
  const places = new Map<string, { zone: string; recordedAt: number | null }[]>();
  const found = await rows<{ personId: string; zone: string; recordedAt: number | null }>(
    client,
    `SELECT n.person_id AS "personId", l->>'zone' AS zone, (l->>'recordedAt')::float8 AS "recordedAt"
     FROM person_numbers n CROSS JOIN jsonb_array_elements(n.locations) l
     WHERE n.is_primary AND l->>'zone' IS NOT NULL`,
  );
  for (const { personId, zone, recordedAt } of found) {
    places.set(personId, [...(places.get(personId) ?? []), { zone, recordedAt }]);
  }
  return places;
}

async function loadLeftovers(client: pg.Client): Promise<Leftovers> {
  const [locks] = await rows<{ n: number }>(
    client,
    `SELECT count(*)::int AS n FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return {
    pendingEvents: await rows(
      client,
      `SELECT attempt_id AS "attemptId", ${ms('received_real', 'receivedReal')} FROM call_events
       WHERE processed_real IS NULL ORDER BY id`,
    ),
    slots: await rows(
      client,
      `SELECT owner_id AS "ownerId", ${ms('next_slot_real', 'nextSlotReal')} FROM send_pace ORDER BY owner_id`,
    ),
    advisoryLocks: locks!.n,
  };
}
