import { toIso, type EpochMs } from '../../domain/time.ts';
import type { CampaignStatus, ContactState, DialMode } from '../../domain/vocabulary.ts';
import type { CampaignAgents } from '../../domain/campaign-agents.ts';
import type { Statements } from '../client.ts';
import type { PreviewState } from '../schema/agents.ts';

/** Contacts shown to agents before they are called, as the engine brings them on; what agents say is in preview-answers.ts. */

export async function insertPreview(
  tx: Statements,
  preview: {
    readonly id: string;
    readonly campaignId: string;
    readonly contactId: string;
    readonly admission: number;
    readonly agentId: string;
    readonly offeredAt: EpochMs;
    readonly expiresAt: EpochMs;
  },
): Promise<void> {
  await tx.prepared(
    'preview_offer',
    `INSERT INTO previews (tenant_id, id, campaign_id, contact_id, admission, agent_id, state, offered_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'offered', $7, $8)`,
    [
      tx.tenantId,
      preview.id,
      preview.campaignId,
      preview.contactId,
      preview.admission,
      preview.agentId,
      toIso(preview.offeredAt),
      toIso(preview.expiresAt),
    ],
  );
}

/** A preview from which something is to follow. */
export interface OpenPreview {
  readonly id: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  readonly admission: number;
}

/** Previews that were answered, have run out, or are of no use any more, and had no consequence yet; due first first. */
export async function previewsToActOn(tx: Statements, at: EpochMs, limit: number): Promise<OpenPreview[]> {
  return tx.prepared<OpenPreview>(
    'previews_to_act_on',
    `SELECT v.id, v.campaign_id AS "campaignId", v.contact_id AS "contactId", c.person_id AS "personId", v.admission
     FROM previews v
     JOIN contacts c ON c.tenant_id = v.tenant_id AND c.id = v.contact_id
     JOIN campaigns k ON k.tenant_id = v.tenant_id AND k.id = v.campaign_id
     WHERE v.tenant_id = $1 AND v.acted_real IS NULL
       AND (v.state <> 'offered' OR v.expires_at <= $2 OR c.state <> 'admitted' OR c.admissions <> v.admission
            OR k.status <> 'running' OR k.definition->>'mode' <> 'preview')
     ORDER BY v.expires_at LIMIT $3`,
    [tx.tenantId, toIso(at), limit],
  );
}

/** All that is looked at to act on a preview. */
export interface PreviewStanding {
  readonly state: PreviewState;
  readonly reason: string | null;
  readonly agentId: string;
  readonly expiresAt: EpochMs;
  readonly contactState: ContactState;
  readonly contactAdmissions: number;
  readonly stateReason: string | null;
  readonly readyAt: EpochMs;
  readonly priority: number;
  readonly attempts: number;
  readonly status: CampaignStatus;
  readonly mode: DialMode;
  readonly agents: CampaignAgents | null;
  /** The admission has an attempt. */
  readonly called: boolean;
  /** How often the contact was shown in vain, this time among them if it was. */
  readonly inVain: number;
}

/** The same, for whoever acts; null: it was acted on. The caller holds the person. */
export async function lockPreview(tx: Statements, id: string): Promise<PreviewStanding | null> {
  const rows = await tx.prepared<PreviewStanding>(
    'preview_to_act_on',
    `SELECT v.state, v.reason, v.agent_id AS "agentId", v.expires_at AS "expiresAt", c.state AS "contactState",
            c.admissions AS "contactAdmissions", c.state_reason AS "stateReason", c.ready_at AS "readyAt", c.priority,
            c.attempts, k.status, k.definition->>'mode' AS mode, k.definition->'agents' AS agents,
            EXISTS (SELECT 1 FROM attempts a WHERE a.tenant_id = $1 AND a.contact_id = v.contact_id
                      AND a.admission = v.admission) AS called,
            (SELECT count(*) FROM previews o WHERE o.tenant_id = $1 AND o.contact_id = v.contact_id
               AND o.state IN ('skipped', 'expired')) AS "inVain"
     FROM previews v
     JOIN contacts c ON c.tenant_id = v.tenant_id AND c.id = v.contact_id
     JOIN campaigns k ON k.tenant_id = v.tenant_id AND k.id = v.campaign_id
     WHERE v.tenant_id = $1 AND v.id = $2 AND v.acted_real IS NULL FOR NO KEY UPDATE OF v`,
    [tx.tenantId, id],
  );
  return rows[0] ?? null;
}

/** An offer comes to its end without the agent's word. */
export async function endOffer(
  tx: Statements,
  id: string,
  end: { readonly state: 'expired' | 'withdrawn'; readonly reason: string | null; readonly at: EpochMs },
): Promise<void> {
  await tx.prepared(
    'preview_end',
    `UPDATE previews SET state = $3, reason = $4, settled_at = $5
     WHERE tenant_id = $1 AND id = $2 AND state IN ('offered', 'accepted')`,
    [tx.tenantId, id, end.state, end.reason, toIso(end.at)],
  );
}

/** What was to follow from it did. */
export async function markActedOn(tx: Statements, id: string): Promise<void> {
  await tx.prepared(
    'preview_acted',
    'UPDATE previews SET acted_real = clock_timestamp() WHERE tenant_id = $1 AND id = $2 AND acted_real IS NULL',
    [tx.tenantId, id],
  );
}
