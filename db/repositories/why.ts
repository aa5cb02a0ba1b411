import { toIso, type EpochMs } from '../../domain/time.ts';
import type { RuleResult } from '../../domain/decision.ts';
import type { Tx } from '../client.ts';
import { AGENT_RANK, PROMISED_RANK } from './hopper.ts';

/** Waiting contacts that wait in one way. */
export interface WaitingGroup {
  /** Their instant has come. */
  readonly due: boolean;
  /** Why they were put back; of those not due. Null: no reason was noted. */
  readonly reason: string | null;
  /** Of those due. */
  readonly cohort: string | null;
  /** Of those due: an agent is to call them, where the campaign's script calls others. */
  readonly withAgent: boolean;
  /** They were promised a call. */
  readonly promised: boolean;
  readonly count: number;
  /** Earliest instant at which one of them is due. */
  readonly nextReadyAt: EpochMs;
}

export interface WaitingSample {
  readonly contactId: string;
  readonly personId: string;
}

const COLUMNS = 'id AS "contactId", person_id AS "personId"';

/** Every waiting contact of a campaign in exactly one group. Reads all their rows. */
export async function waitingGroups(tx: Tx, campaignId: string, at: EpochMs): Promise<WaitingGroup[]> {
  return tx.query<WaitingGroup>(
    `SELECT (ready_at <= $3) AS due, CASE WHEN ready_at > $3 THEN state_reason END AS reason,
            CASE WHEN ready_at <= $3 THEN cohort END AS cohort, (${PROMISED_RANK}) AS promised,
            (ready_at <= $3 AND rank >= ${AGENT_RANK}) AS "withAgent", count(*) AS count, min(ready_at) AS "nextReadyAt"
     FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting' GROUP BY 1, 2, 3, 4, 5`,
    [tx.tenantId, campaignId, toIso(at)],
  );
}

/** How many wait, whatever for; from an index alone. */
export async function countWaiting(tx: Tx, campaignId: string): Promise<number> {
  const rows = await tx.query<{ n: number }>(
    `SELECT count(*) AS n FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting'`,
    [tx.tenantId, campaignId],
  );
  return rows[0]!.n;
}

/** Some waiting contacts, whatever for. */
export async function sampleWaiting(tx: Tx, campaignId: string, limit: number): Promise<WaitingSample[]> {
  return tx.query<WaitingSample>(
    `SELECT ${COLUMNS} FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting' LIMIT $3`,
    [tx.tenantId, campaignId, limit],
  );
}

/** Some of the contacts not due that wait for each of these reasons; an index probe each (contacts_counts). */
export async function sampleByReason(
  tx: Tx,
  campaignId: string,
  at: EpochMs,
  reasons: readonly string[],
  limit: number,
): Promise<(WaitingSample & { readonly reason: string })[]> {
  return tx.query(
    `SELECT r.reason, c.* FROM unnest($4::text[]) AS r (reason)
     CROSS JOIN LATERAL (
       SELECT ${COLUMNS} FROM contacts
       WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting' AND state_reason = r.reason
         AND ready_at > $3 AND NOT (${PROMISED_RANK}) LIMIT $5) c`,
    [tx.tenantId, campaignId, toIso(at), reasons, limit],
  );
}

/** Some of the contacts not due that wait for no noted reason, or for the instant they were promised. */
export async function sampleNotDue(
  tx: Tx,
  campaignId: string,
  at: EpochMs,
  of: 'promised' | 'no_reason',
  limit: number,
): Promise<WaitingSample[]> {
  const which = of === 'promised' ? PROMISED_RANK : `NOT (${PROMISED_RANK}) AND state_reason IS NULL`;
  return tx.query<WaitingSample>(
    `SELECT ${COLUMNS} FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting' AND ready_at > $3 AND ${which}
     ORDER BY ready_at LIMIT $4`,
    [tx.tenantId, campaignId, toIso(at), limit],
  );
}

/** Some of the due contacts of each of these cohorts; an index probe each (contacts_hopper). */
export async function sampleByCohort(
  tx: Tx,
  campaignId: string,
  at: EpochMs,
  cohorts: readonly string[],
  limit: number,
): Promise<(WaitingSample & Pick<WaitingGroup, 'withAgent'> & { readonly cohort: string })[]> {
  return tx.query(
    `SELECT o.cohort, c.* FROM unnest($4::text[]) AS o (cohort)
     CROSS JOIN LATERAL (
       SELECT ${COLUMNS}, rank >= ${AGENT_RANK} AS "withAgent" FROM contacts
       WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting' AND cohort = o.cohort AND ready_at <= $3
       LIMIT $5) c`,
    [tx.tenantId, campaignId, toIso(at), cohorts, limit],
  );
}

/** What the rules said at the latest deferral of each of these contacts. */
export async function latestDeferrals(
  tx: Tx,
  contactIds: readonly string[],
): Promise<{ readonly contactId: string; readonly results: readonly RuleResult[] }[]> {
  return tx.query(
    `SELECT asked.id AS "contactId", d.results FROM unnest($2::uuid[]) AS asked (id)
     CROSS JOIN LATERAL (
       SELECT results FROM decisions WHERE tenant_id = $1 AND contact_id = asked.id AND verdict = 'defer'
       ORDER BY at DESC LIMIT 1) d`,
    [tx.tenantId, contactIds],
  );
}

/** What bounds a campaign's calls, and how much of it is in use. */
export interface Capacity {
  /** Contacts that a gate pass or a call is under way for. */
  readonly admitted: number;
  readonly maxConcurrentCalls: number;
  /** The carrier's calls over all campaigns. */
  readonly carrierCalls: number;
  readonly carrierMaxConcurrentCalls: number;
  /** Of the carrier, and of the campaign; null: the carrier's alone. */
  readonly carrierCallsPerSecond: number;
  readonly callsPerSecond: number | null;
}

/** @returns null where the campaign has no carrier. */
export async function readCapacity(tx: Tx, campaignId: string): Promise<Capacity | null> {
  const rows = await tx.query<Capacity>(
    `SELECT (SELECT count(*) FROM contacts c
              WHERE c.tenant_id = $1 AND c.campaign_id = $2 AND c.state = 'admitted') AS admitted,
            (k.definition->>'maxConcurrentCalls')::int AS "maxConcurrentCalls",
            (SELECT count(*) FROM attempts a WHERE a.tenant_id = $1 AND a.carrier_id = r.id
                AND a.state IN ('claimed', 'sending', 'sent', 'unknown')) AS "carrierCalls",
            r.max_concurrent_calls AS "carrierMaxConcurrentCalls",
            r.calls_per_second::float8 AS "carrierCallsPerSecond",
            (k.definition->>'callsPerSecond')::float8 AS "callsPerSecond"
     FROM campaigns k JOIN carriers r ON r.tenant_id = k.tenant_id AND r.name = k.definition->>'carrier'
     WHERE k.tenant_id = $1 AND k.id = $2`,
    [tx.tenantId, campaignId],
  );
  return rows[0] ?? null;
}
