import type { Tx } from '../db/client.ts';
import type { Channel, Purpose } from '../domain/vocabulary.ts';
import type { SendInScope, StopKind, StoredStop } from './records.ts';
import type { Scope } from './streams.ts';

const PAGE_ROWS = 200;

interface StopRow {
  id: string;
  kind: StopKind;
  scope: string;
  target_id: string | null;
  number_hash: string | null;
  acknowledged_real: number;
  lifted_real: number | null;
  still_stopped: boolean;
  purposes: string[] | null;
  channels: string[] | null;
}

/** Stops that were acknowledged, with what was sent in their scope afterwards. */
export async function* stopsOf(tx: Tx, scope: Scope): AsyncGenerator<StoredStop> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await tx.query<StopRow>(
      `SELECT s.id, s.kind, s.scope, s.target_id, s.detail->>'numberHash' AS number_hash, s.acknowledged_real,
              coalesce((s.detail->>'liftedReal')::float8, extract(epoch FROM i.lifted_real)::float8 * 1000) AS lifted_real,
              CASE s.scope
                WHEN 'campaign' THEN coalesce(k.status IN ('paused', 'stopped'), false)
                WHEN 'carrier' THEN coalesce(r.paused_real IS NOT NULL, false)
                WHEN 'tenant' THEN t.dialling_stopped_at IS NOT NULL
                WHEN 'all' THEN i.lifted_real IS NULL
                ELSE true
              END AS still_stopped,
              CASE WHEN s.kind = 'withdrawal' THEN s.detail->'purposes' END AS purposes,
              CASE WHEN s.kind = 'withdrawal' THEN s.detail->'channels' END AS channels
       FROM stop_requests s
       JOIN tenants t ON t.id = s.tenant_id
       LEFT JOIN campaigns k ON k.tenant_id = s.tenant_id AND s.scope = 'campaign' AND k.id = s.target_id
       LEFT JOIN carriers r ON r.tenant_id = s.tenant_id AND s.scope = 'carrier' AND r.id = s.target_id
       LEFT JOIN installation_stops i ON s.scope = 'all' AND i.id::text = s.detail->>'installationStopId'
       WHERE s.tenant_id = $1 AND s.id > $2 AND s.acknowledged_real IS NOT NULL
       ORDER BY s.id LIMIT ${PAGE_ROWS}`,
      [tx.tenantId, after],
    );
    for (const row of rows) {
      yield {
        id: row.id,
        kind: row.kind,
        scope: row.scope,
        acknowledgedReal: row.acknowledged_real,
        liftedReal: row.lifted_real,
        stillStopped: row.still_stopped,
        about: { purposes: row.purposes ?? [], channels: row.channels ?? [] },
        sends: await sendsAfter(tx, row, scope),
      };
    }
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.id;
  }
}

interface SendRow {
  id: string;
  campaign_id: string;
  purpose: Purpose;
  channel: Channel;
  sending_at: number | null;
  sending_real: number | null;
  dials_real: number[] | null;
  consents: SendInScope['consents'] | null;
  suppressions: SendInScope['suppressions'] | null;
}

/** A stop's worst case is a campaign that went on; its first sends tell as much as all of them. */
const SENDS_READ = 1_000;

async function sendsAfter(tx: Tx, stop: StopRow, scope: Scope): Promise<SendInScope[]> {
  const condition = conditionOf(stop);
  if (condition === null) return [];
  const rows = await tx.query<SendRow>(
    `SELECT a.id, a.campaign_id, a.purpose, a.channel, a.sending_at, a.sending_real, l.dials_real,
            (SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'purposes', e.purposes, 'channels', e.channels,
                      'occurredAt', floor(extract(epoch FROM e.occurred_at) * 1000)))
             FROM consent_events e
             WHERE e.tenant_id = a.tenant_id AND e.person_id = a.person_id
               AND e.recorded_at <= coalesce(a.sending_at, l.first_at)) AS consents,
            (SELECT jsonb_agg(jsonb_build_object('scope', s.scope, 'campaignId', s.campaign_id,
                      'purpose', s.purpose))
             FROM suppressions s
             WHERE s.tenant_id = a.tenant_id AND s.number_hash = a.number_hash
               AND (s.requested_by_person OR s.list = 'internal')
               AND s.recorded_at <= coalesce(a.sending_at, l.first_at)
               AND s.valid_from <= coalesce(a.sending_at, l.first_at)
               AND (s.valid_until IS NULL OR s.valid_until > coalesce(a.sending_at, l.first_at))) AS suppressions
     FROM attempts a
     LEFT JOIN LATERAL (
       SELECT jsonb_agg(floor(extract(epoch FROM at_real) * 1000)) AS dials_real, max(at_real) AS last_real,
              min(at) AS first_at
       FROM audit_dials WHERE attempt_id = a.id) l ON true
     WHERE a.tenant_id = $1 AND ${condition.sql} AND ($4::uuid IS NULL OR a.campaign_id = $4)
       AND (a.sending_real > $3 OR l.last_real > $3)
     ORDER BY coalesce(a.sending_real, l.last_real) LIMIT ${SENDS_READ}`,
    [tx.tenantId, condition.value, new Date(stop.acknowledged_real).toISOString(), scope.campaignId],
  );
  return rows.map((row) => ({
    attemptId: row.id,
    campaignId: row.campaign_id,
    purpose: row.purpose,
    channel: row.channel,
    sendingAt: row.sending_at,
    sendingReal: row.sending_real,
    dialsReal: row.dials_real ?? [],
    consents: row.consents ?? [],
    suppressions: row.suppressions ?? [],
  }));
}

/** SQL that picks a scope's attempts; null when the stop does not say what its scope is. */
function conditionOf(stop: StopRow): { sql: string; value: unknown } | null {
  if (stop.scope === 'tenant' || stop.scope === 'all') return { sql: '$2::text IS NULL', value: null };
  if (stop.scope === 'number' && stop.target_id === null && stop.number_hash !== null) {
    // Nobody was known by the number then; whoever is now. Attempts are found by person, which has an index.
    return {
      sql: `a.person_id = (SELECT person_id FROM person_numbers
                           WHERE tenant_id = $1 AND number_hash = decode($2::text, 'hex'))`,
      value: stop.number_hash,
    };
  }
  if (stop.target_id === null) return null;
  switch (stop.scope) {
    case 'campaign':
      return { sql: 'a.campaign_id = $2::uuid', value: stop.target_id };
    case 'carrier':
      return { sql: 'a.carrier_id = $2::uuid', value: stop.target_id };
    case 'contact':
      return { sql: 'a.contact_id = $2::uuid', value: stop.target_id };
    case 'person':
    case 'number':
      return { sql: 'a.person_id = $2::uuid', value: stop.target_id };
    default:
      return null;
  }
}
