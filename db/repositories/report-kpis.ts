import { ENGINE, type CallbackStatus } from '../../domain/callback.ts';
import { NO_SUMS, type KpiSums } from '../../domain/kpi.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';

/** What figures can be told by. */
export const KPI_GROUPS = [
  'campaign',
  'team',
  'agent',
  'hour',
  'day',
  'mode',
  'script',
  'segment',
  'list',
] as const;
export type KpiGroup = (typeof KPI_GROUPS)[number];

export interface KpiQuery {
  /** Null: all together. */
  readonly groupBy: KpiGroup | null;
  readonly campaignId: string | null;
  readonly teamId: string | null;
  readonly agentId: string | null;
  /** IANA zone that hours and days are told in; checked by the caller. */
  readonly zone: string;
  /** Attempts that rang, agents' time and callbacks that ended from here on, and before there (engine clock). */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Seconds from answer to agent within which a call counts as served. */
  readonly serviceS: number;
}

export interface KpiRow {
  /** Id of the campaign, team or agent, `00`–`23`, `2026-03-02`, mode, `<script id>/<version>`, name of the segment or list; null: none. */
  readonly key: string | null;
  readonly sums: KpiSums;
}

const RANG = `('sending', 'sent', 'ended', 'unknown')`;

/** By what attempts are grouped; `a` is the attempt, `g` its agent's side, `s` the script of its campaign then. */
const ATTEMPT_KEYS: Readonly<Record<KpiGroup, string>> = {
  campaign: 'a.campaign_id::text',
  team: 'g.team_id::text',
  agent: 'g.agent_id::text',
  hour: `to_char(a.rang_at AT TIME ZONE $6, 'HH24')`,
  day: `to_char(a.rang_at AT TIME ZONE $6, 'YYYY-MM-DD')`,
  mode: `coalesce(a.mode, 'agentless')`,
  script: `s.script->>'id' || '/' || (s.script->>'version')`,
  segment: 'q.name',
  list: 'i.source_name',
};

/** What some keys are read from. */
const ATTEMPT_JOINS: Readonly<Partial<Record<KpiGroup, string>>> = {
  // The script that the campaign had when the attempt was claimed.
  script: `LEFT JOIN LATERAL (
    SELECT coalesce(a.script, r.definition->'script') AS script FROM campaign_revisions r
    WHERE r.tenant_id = $1 AND r.campaign_id = a.campaign_id AND r.changed_at <= a.claimed_at
    ORDER BY r.revision DESC LIMIT 1) s ON true`,
  // Those of the campaign's segments that the contact was in when it was called: each of them has the attempt.
  segment: `LEFT JOIN LATERAL (SELECT DISTINCT e->>'quota' AS name FROM jsonb_array_elements(a.quotas) e) q ON true`,
  list: `JOIN contacts c ON c.tenant_id = a.tenant_id AND c.id = a.contact_id
    LEFT JOIN imports i ON i.tenant_id = c.tenant_id AND i.id = c.import_id`,
};

/**
 * Counts by group, of attempts, agents' time and callbacks. Agents' time and callbacks know no mode, script, segment
 * or list: rows by these have none.
 */
export async function kpiSums(tx: Tx, query: KpiQuery): Promise<KpiRow[]> {
  const parts = [await attemptSums(tx, query), await timeSums(tx, query), await callbackSums(tx, query)];
  const rows = new Map<string | null, Partial<KpiSums>>();
  for (const { key, ...sums } of parts.flat()) rows.set(key, { ...rows.get(key), ...sums });
  if (query.groupBy === null && rows.size === 0) rows.set(null, {});
  return [...rows]
    .map(([key, sums]) => ({ key, sums: { ...NO_SUMS, ...sums } }))
    .sort((a, b) => (a.key ?? '').localeCompare(b.key ?? ''));
}

type Part = { readonly key: string | null } & Partial<KpiSums>;

const values = (tx: Tx, query: KpiQuery) => [
  tx.tenantId,
  query.campaignId,
  query.teamId,
  query.agentId,
  toIso(query.from),
  query.zone,
  toIso(query.to),
];

async function attemptSums(tx: Tx, query: KpiQuery): Promise<Part[]> {
  const key = query.groupBy === null ? 'NULL::text' : ATTEMPT_KEYS[query.groupBy];
  return tx.query<Part>(
    `SELECT ${key} AS key,
            count(*) AS attempts,
            count(*) FILTER (WHERE a.outcome IS NOT NULL) AS ended,
            count(*) FILTER (WHERE a.outcome IN ('answered', 'voicemail')) AS answers,
            count(*) FILTER (WHERE a.outcome = 'answered') AS "liveAnswers",
            count(DISTINCT a.contact_id) FILTER (WHERE a.outcome = 'answered') AS reached,
            count(*) FILTER (WHERE a.disposition = 'converted') AS conversions,
            count(DISTINCT a.contact_id) AS contacts,
            -- As the gate counts: an agent who came late is none, and who asked a script for one met no silence.
            count(*) FILTER (WHERE g.mode <> 'agentless'
                                   AND (g.state = 'abandoned' OR g.connected_at > g.connect_by)) AS abandoned,
            count(*) FILTER (WHERE g.answered_at IS NOT NULL) AS offered,
            count(*) FILTER (WHERE g.connected_at <= g.answered_at + make_interval(secs => $8)) AS "inTime",
            count(*) FILTER (WHERE g.connected_at IS NOT NULL) AS handled,
            ${secondsOf('g.connected_at - g.answered_at')} AS "waitS",
            coalesce(sum(k.talk_s), 0)::float8 AS "talkS",
            ${secondsOf('g.ended_at - g.connected_at')} AS "agentTalkS",
            ${secondsOf('g.disposed_at - g.ended_at')} AS "wrapUpS"
     FROM attempts a
     LEFT JOIN calls k ON k.tenant_id = a.tenant_id AND k.attempt_id = a.id
     LEFT JOIN agent_calls g ON g.tenant_id = a.tenant_id AND g.attempt_id = a.id
     ${query.groupBy === null ? '' : (ATTEMPT_JOINS[query.groupBy] ?? '')}
     WHERE a.tenant_id = $1 AND ($2::uuid IS NULL OR a.campaign_id = $2)
       AND ($3::uuid IS NULL OR g.team_id = $3) AND ($4::uuid IS NULL OR g.agent_id = $4)
       AND a.rang_at >= $5 AND a.rang_at < $7 AND $6::text IS NOT NULL AND a.state IN ${RANG}
     GROUP BY 1`,
    [...values(tx, query), query.serviceS],
  );
}

/** Seconds of these, those that are not over left out; a call written down while it went on has no wrap-up. */
function secondsOf(interval: string): string {
  return `coalesce(sum(greatest(0, extract(epoch FROM ${interval}))), 0)::float8`;
}

/** By what agents' time is grouped; `p` is the span, `h` the part of it in one hour. Null: it is not told by that. */
const TIME_KEYS: Readonly<Record<KpiGroup, string | null>> = {
  campaign: 'p.campaign_id::text',
  team: 'p.team_id::text',
  agent: 'p.agent_id::text',
  hour: `to_char(h.from_at AT TIME ZONE $6, 'HH24')`,
  day: `to_char(h.from_at AT TIME ZONE $6, 'YYYY-MM-DD')`,
  mode: null,
  script: null,
  segment: null,
  list: null,
};

/** Each span cut at the hours of the clock, as far as it lies in the period. */
const HOURS_OF_SPAN = `CROSS JOIN LATERAL (
  SELECT greatest(e.hour, p.from_at, $5::timestamptz) AS from_at,
         least(e.hour + interval '1 hour', coalesce(p.until_at, rightcall_engine_now()), $7::timestamptz) AS until_at
  FROM generate_series(date_trunc('hour', greatest(p.from_at, $5::timestamptz)),
                       least(coalesce(p.until_at, rightcall_engine_now()), $7::timestamptz), interval '1 hour') AS e (hour)) h`;

async function timeSums(tx: Tx, query: KpiQuery): Promise<Part[]> {
  const key = query.groupBy === null ? 'NULL::text' : TIME_KEYS[query.groupBy];
  if (key === null) return [];
  const spent = (state: string, name: string) =>
    `coalesce(sum(extract(epoch FROM h.until_at - h.from_at)) FILTER (WHERE p.state = '${state}'), 0)::float8 AS "${name}"`;
  return tx.query<Part>(
    `SELECT ${key} AS key, ${spent('ready', 'readyS')}, ${spent('reserved', 'reservedS')},
            ${spent('in_call', 'inCallS')}, ${spent('wrap_up', 'inWrapUpS')}, ${spent('break', 'breakS')}
     FROM seat_spans p ${HOURS_OF_SPAN}
     WHERE p.tenant_id = $1 AND ($2::uuid IS NULL OR p.campaign_id = $2) AND ($3::uuid IS NULL OR p.team_id = $3)
       AND ($4::uuid IS NULL OR p.agent_id = $4) AND $6::text IS NOT NULL AND p.state <> 'offline'
       AND p.from_at < $7 AND (p.until_at IS NULL OR p.until_at > $5) AND h.until_at > h.from_at
     GROUP BY 1`,
    values(tx, query),
  );
}

/** By what callbacks are grouped; `b` is the promise, `o` the agent who owns it, `t` the team that does, or is theirs. */
const CALLBACK_KEYS: Readonly<Record<KpiGroup, string | null>> = {
  campaign: 'b.campaign_id::text',
  team: 't.id::text',
  agent: 'o.id::text',
  hour: `to_char(b.until_at AT TIME ZONE $6, 'HH24')`,
  day: `to_char(b.until_at AT TIME ZONE $6, 'YYYY-MM-DD')`,
  mode: null,
  script: null,
  segment: null,
  list: null,
};

/** The promises whose window ends in the period. */
const CALLBACKS_OF = `FROM callbacks b
  LEFT JOIN agents o ON o.tenant_id = $1 AND b.owner = 'agent:' || o.id
  LEFT JOIN teams t ON t.tenant_id = $1 AND (t.id = o.team_id OR b.owner = 'team:' || t.name)
  WHERE b.tenant_id = $1 AND ($2::uuid IS NULL OR b.campaign_id = $2)
    AND ($3::uuid IS NULL OR t.id = $3) AND ($4::uuid IS NULL OR o.id = $4)
    AND b.until_at >= $5 AND b.until_at < $7 AND $6::text IS NOT NULL`;

async function callbackSums(tx: Tx, query: KpiQuery): Promise<Part[]> {
  const key = query.groupBy === null ? 'NULL::text' : CALLBACK_KEYS[query.groupBy];
  if (key === null) return [];
  const of = (status: CallbackStatus) => `count(*) FILTER (WHERE b.status = '${status}')`;
  return tx.query<Part>(
    `SELECT ${key} AS key, ${of('kept')} AS "callbacksKept", ${of('breached')} AS "callbacksBreached",
            ${of('cancelled')} AS "callbacksCancelled", ${of('promised')} AS "callbacksOpen",
            count(*) FILTER (WHERE b.steps @> '[{"kind": "moved", "by": "${ENGINE}"}]') AS "callbacksMoved"
     ${CALLBACKS_OF}
     GROUP BY 1`,
    values(tx, query),
  );
}

/** Why promises were not kept, most often first; together they are all that were breached. */
export async function breachesByReason(
  tx: Tx,
  query: KpiQuery,
): Promise<{ reason: string | null; times: number }[]> {
  return tx.query(
    `SELECT b.reason, count(*) AS times ${CALLBACKS_OF} AND b.status = 'breached'
     GROUP BY 1 ORDER BY times DESC, reason`,
    values(tx, query),
  );
}

/** Why contacts were not called: decisions against the call by their first reason, most often first. */
export async function notDialled(
  tx: Tx,
  of: { readonly campaignId: string | null; readonly from: EpochMs; readonly to: EpochMs },
): Promise<{ reason: string; verdict: 'deny' | 'defer'; times: number; contacts: number }[]> {
  return tx.query(
    `SELECT d.reasons[1] AS reason, d.verdict, count(*) AS times, count(DISTINCT d.contact_id) AS contacts
     FROM decisions d
     WHERE d.tenant_id = $1 AND ($2::uuid IS NULL OR d.campaign_id = $2) AND d.at >= $3 AND d.at < $4
       AND d.verdict <> 'allow'
     GROUP BY 1, 2 ORDER BY times DESC, reason LIMIT 100`,
    [tx.tenantId, of.campaignId, toIso(of.from), toIso(of.to)],
  );
}
