import type { CampaignStatus, ContactState } from '../../domain/vocabulary.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { CampaignDefinition } from '../../domain/campaign.ts';
import type { Statements } from '../client.ts';
import { agentsOfCampaign } from './campaign-agents.ts';
import type { SeatCounts } from './seats.ts';

export interface CampaignProgress {
  readonly campaignId: string;
  readonly status: CampaignStatus;
  readonly statusReason: string | null;
  /** Contacts of the campaign, whatever became of them. */
  readonly imported: number;
  readonly waiting: number;
  /** Of these, put off by a rule or a retry delay: they wait with a reason. */
  readonly deferred: number;
  readonly admitted: number;
  readonly denied: number;
  readonly converted: number;
  /** Every state with how many contacts are in it; states of none are absent. */
  readonly byState: Readonly<Partial<Record<ContactState, number>>>;
  /** Earliest instant (engine clock) at which a waiting contact is due; null when none waits. */
  readonly nextReadyAt: EpochMs | null;
  /** Attempts that rang or may have rung. */
  readonly attempts: number;
  /** With the carrier, and nobody has picked up yet. */
  readonly ringing: number;
  /** Somebody is on the line now. */
  readonly answeredLive: number;
  /** Attempts that a person answered, in all. */
  readonly answered: number;
  /** The agents its calls can go to; null: none takes them. */
  readonly agents: (SeatCounts & { readonly waitingCalls: number; readonly reason: string | null }) | null;
}

interface ProgressRow {
  definition: CampaignDefinition;
  status: CampaignStatus;
  status_reason: string | null;
  by_state: Partial<Record<ContactState, number>> | null;
  deferred: number;
  next_ready_at: EpochMs | null;
  attempts: number;
  answered: number;
  ringing: number;
  answered_live: number;
}

/** Counts of a campaign, each from an index alone (contacts_counts, contacts_ready, attempts_outcomes, attempts_open). */
const PROGRESS_SQL = `
WITH c AS (
  SELECT state, count(*) AS n, count(state_reason) AS with_reason
  FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 GROUP BY state),
ended AS (
  SELECT count(*) AS n, count(*) FILTER (WHERE outcome = 'answered') AS answered
  FROM attempts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'ended'),
open AS (
  SELECT count(*) FILTER (WHERE o.state <> 'claimed') AS n,
         count(*) FILTER (WHERE o.state = 'sent' AND k.answered_at IS NULL AND k.ended_at IS NULL) AS ringing,
         count(*) FILTER (WHERE o.state = 'sent' AND k.answered_at IS NOT NULL AND k.ended_at IS NULL) AS answered_live
  FROM attempts o LEFT JOIN calls k ON k.tenant_id = o.tenant_id AND k.attempt_id = o.id
  WHERE o.tenant_id = $1 AND o.campaign_id = $2 AND o.state IN ('claimed', 'sending', 'sent', 'unknown'))
SELECT m.definition, m.status, m.status_reason, ended.n + open.n AS attempts, ended.answered, open.ringing, open.answered_live,
       (SELECT jsonb_object_agg(state, n) FROM c) AS by_state,
       coalesce((SELECT with_reason FROM c WHERE state = 'waiting'), 0) AS deferred,
       (SELECT min(ready_at) FROM contacts
         WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting') AS next_ready_at
FROM campaigns m, ended, open WHERE m.tenant_id = $1 AND m.id = $2`;

/**
 * How far a campaign is, in one statement. It counts every contact and attempt: bench/progress.ts says what that costs.
 * @returns null when there is no such campaign.
 */
export async function campaignProgress(tx: Statements, campaignId: string): Promise<CampaignProgress | null> {
  const rows = await tx.prepared<ProgressRow>('campaign_progress', PROGRESS_SQL, [tx.tenantId, campaignId]);
  const row = rows[0];
  if (row === undefined) return null;
  const byState = row.by_state ?? {};
  const agents = await agentsOfCampaign(tx, campaignId, row.definition);
  return {
    campaignId,
    status: row.status,
    statusReason: row.status_reason,
    imported: Object.values(byState).reduce((sum, n) => sum + n, 0),
    waiting: byState.waiting ?? 0,
    deferred: row.deferred,
    admitted: byState.admitted ?? 0,
    denied: byState.denied ?? 0,
    converted: byState.converted ?? 0,
    byState,
    nextReadyAt: row.next_ready_at,
    attempts: row.attempts,
    ringing: row.ringing,
    answeredLive: row.answered_live,
    answered: row.answered,
    agents:
      agents === null
        ? null
        : { ...agents.seats, waitingCalls: agents.waitingCalls, reason: agents.reason?.code ?? null },
  };
}
