import type { CampaignDefinition } from '../../domain/campaign.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { PROMISED_RANK, RANK } from './hopper.ts';

/** Contacts that a campaign's rules are to judge, and what came of it (gate/rules/judge.ts). */

/** A contact that waits for its campaign's rules to judge it, since it was due before they did. */
export const RULES_PENDING = 'campaign.rules_pending';
/** SQL: reasons of contacts that rules have left out, and that come back when the rules change. */
export const LEFT_OUT = `('campaign.filter', 'campaign.filter_fault', 'campaign.quota')`;

/**
 * Campaigns that are not over whose contacts rules judge, or did: few, whatever the number of campaigns there are.
 */
export async function campaignsWithRules(tx: Statements): Promise<string[]> {
  const rows = await tx.prepared<{ id: string }>(
    'rules_campaigns',
    `SELECT k.id FROM campaigns k
     LEFT JOIN campaign_rules r ON r.tenant_id = k.tenant_id AND r.campaign_id = k.id
     WHERE k.tenant_id = $1 AND k.status IN ('draft', 'running', 'paused')
       AND (r.judged_by IS NOT NULL OR jsonb_typeof(k.definition#>'{rules,filter}') = 'string'
            OR k.definition#>'{rules,priorities,0}' IS NOT NULL
            OR jsonb_typeof(k.definition#>'{rules,mixing}') = 'object'
            OR k.definition#>'{rules,quotas,0}' IS NOT NULL)
     ORDER BY k.id`,
    [tx.tenantId],
  );
  return rows.map(({ id }) => id);
}

export interface RulesPlace {
  readonly definition: CampaignDefinition;
  readonly judgedBy: string | null;
  readonly afterWaiting: string | null;
  /** Null: those that were left out are to be judged from the first on; the last id there can be: they are done. */
  readonly afterLeftOut: string | null;
}

/** How far the campaign's contacts were judged, locked; null: another worker has it. */
export async function takeRulesPlace(tx: Tx, campaignId: string, now: EpochMs): Promise<RulesPlace | null> {
  await tx.prepared(
    'rules_place_made',
    `INSERT INTO campaign_rules (tenant_id, campaign_id, updated_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    [tx.tenantId, campaignId, toIso(now)],
  );
  const rows = await tx.prepared<RulesPlace>(
    'rules_place',
    `SELECT k.definition, r.judged_by AS "judgedBy", r.after_waiting AS "afterWaiting",
            r.after_left_out AS "afterLeftOut"
     FROM campaign_rules r JOIN campaigns k ON k.tenant_id = r.tenant_id AND k.id = r.campaign_id
     WHERE r.tenant_id = $1 AND r.campaign_id = $2 FOR NO KEY UPDATE OF r SKIP LOCKED`,
    [tx.tenantId, campaignId],
  );
  return rows[0] ?? null;
}

export async function setRulesPlace(
  tx: Tx,
  campaignId: string,
  place: Omit<RulesPlace, 'definition'>,
  now: EpochMs,
): Promise<void> {
  await tx.prepared(
    'rules_place_set',
    `UPDATE campaign_rules SET judged_by = $3, after_waiting = $4, after_left_out = $5, updated_at = $6
     WHERE tenant_id = $1 AND campaign_id = $2`,
    [tx.tenantId, campaignId, place.judgedBy, place.afterWaiting, place.afterLeftOut, toIso(now)],
  );
}

export interface ContactToJudge {
  readonly id: string;
  readonly personId: string;
  readonly attributes: Buffer | null;
  /** The name of the file that named it last. */
  readonly list: string | null;
}

const columns = (attributes: string) => `c.id, c.person_id AS "personId", ${attributes} AS attributes,
  (SELECT i.source_name FROM imports i WHERE i.tenant_id = $1 AND i.id = c.import_id) AS list`;

/** The next of a campaign's contacts, by id, that other rules judged last, or none; those that are busy just now are not. */
export async function contactsToJudge(
  tx: Tx,
  campaignId: string,
  by: {
    readonly hash: string | null;
    readonly which: 'waiting' | 'left_out' | 'pending';
    readonly after: string | null;
    readonly limit: number;
  },
): Promise<ContactToJudge[]> {
  const which = {
    waiting: `c.state = 'waiting' AND c.judged_by IS DISTINCT FROM $3`,
    left_out: `c.state = 'denied' AND c.judged_by IS DISTINCT FROM $3
               AND c.state_reason IN ${LEFT_OUT}`,
    pending: `c.state = 'waiting' AND c.state_reason = '${RULES_PENDING}' AND c.judged_by IS DISTINCT FROM $3`,
  }[by.which];
  return tx.prepared<ContactToJudge>(
    `rules_contacts_${by.which}`,
    `SELECT ${columns('c.attributes')} FROM contacts c
     WHERE c.tenant_id = $1 AND c.campaign_id = $2 AND ${which} AND ($4::uuid IS NULL OR c.id > $4)
     ORDER BY c.id LIMIT $5 FOR NO KEY UPDATE OF c SKIP LOCKED`,
    [tx.tenantId, campaignId, by.hash, by.after, by.limit],
  );
}

/** Waiting contacts with what rules made of them; those that others than `hash` judged with what they are judged by. */
export async function contactsOfRules(
  tx: Statements,
  ids: readonly string[],
  hash: string | null,
): Promise<
  (ContactToJudge & {
    readonly judgedBy: string | null;
    readonly quotas: string[] | null;
    readonly mixList: number | null;
    readonly rank: number;
    readonly priority: number;
    readonly ownPriority: number | null;
  })[]
> {
  return tx.prepared(
    'rules_of_contacts',
    `SELECT ${columns('CASE WHEN c.judged_by IS DISTINCT FROM $3 THEN c.attributes END')},
            c.judged_by AS "judgedBy", c.quotas, c.mix_list AS "mixList", c.rank, c.priority,
            c.own_priority AS "ownPriority"
     FROM contacts c WHERE c.tenant_id = $1 AND c.id = ANY ($2::uuid[])`,
    [tx.tenantId, ids, hash],
  );
}

/** Whose turn it is among a campaign's lists; null: nobody had one yet. */
export async function mixingState<T>(tx: Statements, campaignId: string): Promise<T | null> {
  const [stored] = await tx.prepared<{ mixing: T | null }>(
    'mixing',
    'SELECT mixing FROM campaign_rules WHERE tenant_id = $1 AND campaign_id = $2',
    [tx.tenantId, campaignId],
  );
  return stored?.mixing ?? null;
}

export interface Judged {
  readonly id: string;
  readonly leftOut: string | null;
  readonly priority: number | null;
  /** JSON: a list of names. */
  readonly quotas: string;
  readonly list: number | null;
}

/**
 * Store what rules made of contacts. Those left out are done with until the rules change; those that were and no more are
 * wait again, unless somebody stopped them for good. Who was promised a call keeps that promise (I11).
 * @returns whether some may be called that could not be before.
 */
export async function storeJudgements(
  tx: Tx,
  hash: string | null,
  judged: readonly Judged[],
  at: EpochMs,
): Promise<boolean> {
  if (judged.length === 0) return false;
  const rows = await tx.prepared<{ freed: boolean }>(
    'rules_judged',
    `WITH r AS (
       SELECT u.id, u.left_out, u.priority, u.list,
              (SELECT array_agg(q) FROM jsonb_array_elements_text(u.quotas::jsonb) q) AS quotas
       FROM unnest($3::uuid[], $4::text[], $5::int2[], $6::text[], $7::int2[]) AS u (id, left_out, priority, quotas, list)),
     n AS (
       SELECT r.*, coalesce(r.priority, c.own_priority, c.priority) AS now_priority,
              c.state = 'denied' AS was_out, c.state_reason = '${RULES_PENDING}' AS was_pending,
              (c.state = 'denied' AND EXISTS (
                 SELECT FROM stop_requests s WHERE s.tenant_id = $1 AND s.target_id = c.id
                   AND s.scope = 'contact' AND s.kind = 'stop')) AS stopped,
              (c.state = 'waiting' AND c.${PROMISED_RANK}) AS promised
       FROM r JOIN contacts c ON c.tenant_id = $1 AND c.id = r.id)
     UPDATE contacts c SET
       judged_by = $2, quotas = n.quotas, mix_list = n.list, priority = n.now_priority,
       own_priority = CASE WHEN n.priority IS NULL THEN NULL ELSE coalesce(c.own_priority, c.priority) END,
       rank = CASE WHEN n.was_out THEN CASE WHEN c.attempts > 0 THEN ${RANK.retry} ELSE ${RANK.fresh} END
                   ELSE c.rank / 10 * 10 END + 9 - n.now_priority,
       state = CASE WHEN n.stopped THEN c.state
                    WHEN n.left_out IS NOT NULL AND NOT n.promised THEN 'denied' ELSE 'waiting' END,
       state_reason = CASE WHEN n.stopped THEN c.state_reason
                           WHEN n.left_out IS NOT NULL AND NOT n.promised THEN n.left_out
                           WHEN n.was_out OR n.was_pending THEN NULL ELSE c.state_reason END,
       ready_at = CASE WHEN n.was_out OR n.was_pending THEN $8 ELSE c.ready_at END,
       wake_pending = c.wake_pending OR (c.workflow_open AND n.left_out IS NOT NULL AND NOT n.promised),
       updated_at = $8
     FROM n WHERE c.tenant_id = $1 AND c.id = n.id
     RETURNING (n.left_out IS NULL AND (n.was_out OR n.was_pending)) AS freed`,
    [
      tx.tenantId,
      hash,
      judged.map(({ id }) => id),
      judged.map(({ leftOut }) => leftOut),
      judged.map(({ priority }) => priority),
      judged.map(({ quotas }) => quotas),
      judged.map(({ list }) => list),
      toIso(at),
    ],
  );
  return rows.some(({ freed }) => freed);
}
