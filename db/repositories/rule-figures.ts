import type { Statements } from '../client.ts';

/** Contacts of a campaign to try an expression on: those that are waiting or were left out, from random places by id. */
export interface SampleContact {
  readonly id: string;
  readonly personId: string;
  readonly attributes: Buffer | null;
}

/** Up to `limit` contacts: all of them by id where there are no more, else a random sample of the campaign's pages. */
export async function sampleContacts(
  tx: Statements,
  campaignId: string,
  limit: number,
): Promise<{ readonly contacts: readonly SampleContact[]; readonly exact: boolean }> {
  const first = await tx.prepared<SampleContact>(
    'rules_sample_first',
    `SELECT id, person_id AS "personId", attributes FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY id LIMIT $3 + 1`,
    [tx.tenantId, campaignId, limit],
  );
  if (first.length <= limit) return { contacts: first, exact: true };
  const contacts = await tx.prepared<SampleContact>(
    'rules_sample',
    `SELECT id, person_id AS "personId", attributes FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 ORDER BY random() LIMIT $3`,
    [tx.tenantId, campaignId, limit],
  );
  return { contacts: [...contacts].sort((a, b) => (a.id < b.id ? -1 : 1)), exact: false };
}

/** Contacts that rules keep from being called, by reason. */
export async function leftOutByReason(
  tx: Statements,
  campaignId: string,
): Promise<{ readonly reason: string; readonly state: 'denied' | 'waiting'; readonly count: number }[]> {
  return tx.prepared(
    'rules_left_out',
    `SELECT state_reason AS reason, state, count(*)::int AS count FROM contacts
     WHERE tenant_id = $1 AND campaign_id = $2 AND state IN ('denied', 'waiting')
       AND state_reason IN ('campaign.filter', 'campaign.filter_fault', 'campaign.quota', 'campaign.quota_day',
                            'campaign.quota_busy', 'campaign.rules_pending', 'campaign.hours')
     GROUP BY 1, 2 ORDER BY 3 DESC, 1`,
    [tx.tenantId, campaignId],
  );
}

export interface ArmSums {
  readonly arm: string;
  /** Contacts that were called in it. */
  readonly contacts: number;
  readonly attempts: number;
  readonly ended: number;
  readonly answers: number;
  readonly conversions: number;
}

/** What the calls of each arm came to, as they were assigned when they were made. */
export async function armSums(
  tx: Statements,
  campaignId: string,
  kind: 'script' | 'retry',
): Promise<ArmSums[]> {
  return tx.prepared<ArmSums>(
    'rules_arms',
    `SELECT a.arms->>$3::text AS arm, count(DISTINCT a.contact_id)::int AS contacts, count(*)::int AS attempts,
            count(*) FILTER (WHERE a.state = 'ended')::int AS ended,
            count(DISTINCT a.contact_id) FILTER (WHERE a.state = 'ended' AND a.outcome = 'answered')::int AS answers,
            count(DISTINCT a.contact_id) FILTER (WHERE a.disposition = 'converted')::int AS conversions
     FROM attempts a
     WHERE a.tenant_id = $1 AND a.campaign_id = $2 AND a.arms ? $3::text
       AND a.state IN ('claimed', 'sending', 'sent', 'ended', 'unknown')
     GROUP BY 1 ORDER BY 1`,
    [tx.tenantId, campaignId, kind],
  );
}
