import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Clock } from '../../domain/clock.ts';
import type { CampaignStatus } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { INSTALLATION_STOPPED } from '../../db/repositories/installation.ts';
import { LINE_REST_PLAN } from '../../domain/line.ts';
import { REST_MS_SQL } from '../../db/repositories/line-rests.ts';
import { inForceSql } from '../../db/repositories/policies.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { CampaignRules } from '../../gate/policy-source.ts';
import type { AgentlessState } from '../../pacing/agentless.ts';

/** What a pacer looks at before it decides how much to admit. */
export interface PaceState extends AgentlessState {
  readonly status: CampaignStatus;
  readonly schedule: { readonly startAt: string | null; readonly endAt: string | null };
  /** The tenant's dialling, or that of the whole installation, is stopped. */
  readonly diallingStopped: boolean;
  readonly carrierPaused: boolean;
  /** Real ms for which the carrier is left alone; 0: it may be asked. */
  readonly lineRestMs: number;
  /** Campaigns of the tenant that run, this one among them. */
  readonly runningCampaigns: number;
  /** Hash of the policy set in force; null: none is. */
  readonly policySetHash: string | null;
  /** Of the admitted contacts, those of which nothing is at the carrier: shown to an agent, or being written down. */
  readonly withAgents: number;
  readonly campaign: CampaignRules;
}

interface PaceRow extends Omit<PaceState, 'awaitingSend' | 'callsPerSecond' | 'onTrial' | 'campaign'> {
  readonly definition: CampaignDefinition;
  readonly revision: number;
  readonly changedAt: EpochMs | null;
  readonly sent: number;
  readonly lineFailures: number;
  readonly carrierCps: number;
  readonly campaignCps: number | null;
}

/** @returns null when there is no such campaign. */
export async function readPaceState(tx: Tx, campaignId: string, now: EpochMs): Promise<PaceState | null> {
  const rows = await tx.prepared<PaceRow>(
    'pace_state',
    `SELECT k.status, k.definition->'schedule' AS schedule, (t.dialling_stopped_at IS NOT NULL OR ${INSTALLATION_STOPPED}) AS "diallingStopped",
            (r.id IS NULL OR r.paused_real IS NOT NULL) AS "carrierPaused",
            (${inForceSql('p.set_hash', '$3')}) AS "policySetHash",
            (SELECT count(*) FROM contacts c
              WHERE c.tenant_id = $1 AND c.campaign_id = $2 AND c.state = 'admitted') AS admitted,
            (SELECT count(*) FROM agent_calls g
              WHERE g.tenant_id = $1 AND g.campaign_id = $2 AND g.state = 'wrap_up')
            + (SELECT count(*) FROM previews v
              WHERE v.tenant_id = $1 AND v.campaign_id = $2 AND v.acted_real IS NULL) AS "withAgents",
            k.definition, k.revision,
            (SELECT r.changed_at FROM campaign_revisions r
              WHERE r.tenant_id = $1 AND r.campaign_id = k.id AND r.revision = k.revision) AS "changedAt",
            (SELECT count(*) FROM attempts a
              WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.state IN ('sent', 'unknown')) AS sent,
            (SELECT count(*) FROM attempts a
              WHERE a.tenant_id = $1 AND a.carrier_id = k.carrier_id
                AND a.state IN ('claimed', 'sending', 'sent', 'unknown')) AS "carrierCalls",
            (SELECT count(*) FROM attempts a
              WHERE a.tenant_id = $1 AND a.carrier_id = k.carrier_id AND a.state IN ('claimed', 'sending')
                AND a.lease_until_real > clock_timestamp()) AS "carrierAsking",
            ${REST_MS_SQL} AS "lineRestMs", coalesce(p.failures_in_row, 0) AS "lineFailures",
            (SELECT count(*) FROM campaigns o WHERE o.tenant_id = $1 AND o.status = 'running') AS "runningCampaigns",
            (k.definition->>'maxConcurrentCalls')::int AS "maxConcurrentCalls",
            coalesce(r.max_concurrent_calls, 0) AS "carrierMaxConcurrentCalls",
            coalesce(r.calls_per_second, 0) AS "carrierCps",
            (k.definition->>'callsPerSecond')::float8 AS "campaignCps"
     FROM campaigns k
     JOIN tenants t ON t.id = k.tenant_id
     LEFT JOIN carriers r ON r.tenant_id = k.tenant_id AND r.id = k.carrier_id
     LEFT JOIN send_pace p ON p.tenant_id = k.tenant_id AND p.owner_id = k.carrier_id
     WHERE k.tenant_id = $1 AND k.id = $2`,
    [tx.tenantId, campaignId, toIso(now)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { sent, carrierCps, campaignCps, lineFailures, definition, revision, changedAt, ...state } = row;
  return {
    ...state,
    campaign: { id: campaignId, definition, revision, changedAt: changedAt ?? now },
    onTrial: lineFailures >= LINE_REST_PLAN.afterFailures,
    awaitingSend: Math.max(0, row.admitted - row.withAgents - sent),
    callsPerSecond: Math.min(carrierCps, campaignCps ?? Infinity),
  };
}

/** The campaign is over, unless someone changed it this moment. @returns what it is now. */
export async function completeCampaign(
  tx: Tx,
  clock: Clock,
  campaignId: string,
  reason: string,
): Promise<CampaignStatus> {
  const rows = await tx.query<{ status: CampaignStatus }>(
    `UPDATE campaigns SET status = 'completed', status_reason = $3, ended_at = $4
     WHERE tenant_id = $1 AND id = $2 AND status = 'running' RETURNING status`,
    [tx.tenantId, campaignId, reason, toIso(clock.now())],
  );
  return rows[0]?.status ?? 'running';
}
