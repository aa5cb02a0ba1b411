import type { Tx } from '../db/client.ts';
import type { CampaignDefinition } from '../domain/campaign.ts';
import { toIso, type EpochMs } from '../domain/time.ts';
import { INSTALLATION_STOPPED } from '../db/repositories/installation.ts';
import { inForceSql } from '../db/repositories/policies.ts';
import type { CampaignStatus } from '../domain/vocabulary.ts';

/** What holds for all contacts of a campaign at present. */
export interface CampaignNow {
  readonly id: string;
  readonly status: CampaignStatus;
  readonly definition: CampaignDefinition;
  readonly revision: number;
  /** When the revision was made (engine clock). */
  readonly changedAt: EpochMs;
  /** The carrier that the definition names; null: there is none of the name. */
  readonly carrier: { readonly id: string; readonly name: string; readonly paused: boolean } | null;
  readonly carrierId: string | null;
  readonly installationStopped: boolean;
  readonly tenantStopped: boolean;
  /** Hash of the policy set in force; null when none was ever activated. */
  readonly policySetHash: string | null;
}

interface Row {
  status: CampaignStatus;
  definition: CampaignDefinition;
  revision: number;
  changed_at: EpochMs;
  carrier_id: string | null;
  carrier_name: string;
  carrier_paused: boolean;
  installation_stopped: boolean;
  tenant_stopped: boolean;
  policy_set_hash: string | null;
}

/** @param at whose policies are asked for (engine clock). @returns null when there is no such campaign. */
export async function readCampaignNow(tx: Tx, campaignId: string, at: EpochMs): Promise<CampaignNow | null> {
  const rows = await tx.prepared<Row>(
    'campaign_now',
    `SELECT k.status, k.definition, k.revision, r.changed_at, car.id AS carrier_id,
            car.name AS carrier_name, (car.paused_real IS NOT NULL) AS carrier_paused,
            (${INSTALLATION_STOPPED}) AS installation_stopped,
            (t.dialling_stopped_at IS NOT NULL) AS tenant_stopped,
            (${inForceSql('p.set_hash', '$3')}) AS policy_set_hash
     FROM campaigns k
     JOIN tenants t ON t.id = k.tenant_id
     JOIN campaign_revisions r ON r.tenant_id = $1 AND r.campaign_id = k.id AND r.revision = k.revision
     LEFT JOIN carriers car ON car.tenant_id = $1 AND car.name = k.definition->>'carrier'
     WHERE k.tenant_id = $1 AND k.id = $2`,
    [tx.tenantId, campaignId, toIso(at)],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const carrier =
    row.carrier_id === null
      ? null
      : { id: row.carrier_id, name: row.carrier_name, paused: row.carrier_paused };
  return {
    id: campaignId,
    status: row.status,
    definition: row.definition,
    revision: row.revision,
    changedAt: row.changed_at,
    carrier,
    carrierId: carrier?.id ?? null,
    installationStopped: row.installation_stopped,
    tenantStopped: row.tenant_stopped,
    policySetHash: row.policy_set_hash,
  };
}
