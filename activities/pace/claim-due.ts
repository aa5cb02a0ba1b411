import type { Clock } from '../../domain/clock.ts';
import { needsAgents } from '../../domain/campaign.ts';
import { escalatesAfter, mayEscalate } from '../../domain/escalation.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import { isTerminalContactState, type ContactState } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { AGENT_RANK, RANKS, cohortOf, returnToHopper } from '../../db/repositories/hopper.ts';
import { NOTE_SQL } from '../../db/repositories/workflow-notes.ts';
import { isTooLate, TOO_LATE } from '../../pacing/retry.ts';
import { RULES_PENDING } from '../../db/repositories/campaign-rules.ts';
import { putOffSegment } from '../../db/repositories/quota-counts.ts';
import { isRulesPending, RULES_PENDING_DELAY_MS } from '../../gate/rules/pending.ts';
import { nextLookForOwner } from '../agents/keep-free.ts';
import { offerToAgent } from '../agents/offer.ts';
import { deferContact } from '../callbacks/move.ts';
import { insertDecision } from '../calls/claim.ts';
import { quotaInTheWay } from '../calls/quota.ts';
import { dueByTurns, type DueContact, type Mixing } from './due-by-turns.ts';
import { countReason } from '../telemetry.ts';
import { COHORT_RULE_TYPES } from '../../gate/cohorts.ts';
import { CAMPAIGN_DENIED_DELAY_MS, decide, deniesCampaignOnly, leadingReason } from '../../gate/decide.ts';
import { readDossier } from '../../gate/dossier.ts';
import type { PolicySource } from '../../gate/policy-source.ts';

/** A contact handed over to its workflow. */
export interface Admitted {
  readonly contactId: string;
  readonly admission: number;
  /** Its workflow runs already (a retry); otherwise it is to be started. */
  readonly workflowOpen: boolean;
}

export interface ClaimedBatch {
  readonly admitted: readonly Admitted[];
  /** Contacts looked at; fewer than asked for means that no more are due. */
  readonly looked: number;
  /** Cohorts that turned out to be closed, with the instant (engine clock) at which they open again. */
  readonly closedCohorts: ReadonlyMap<string, EpochMs>;
}

/**
 * Claim due contacts of open cohorts in hopper order and screen each by the policies: denied ones are final and
 * deferred ones wait, with their Decision and without ever costing a workflow; the rest are admitted. What is admitted
 * here still has to pass the gate.
 */
export async function claimDue(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicySource },
  campaignId: string,
  openCohorts: readonly string[],
  limit: number,
  ranks: readonly [number, number] = RANKS.own,
  mixing: Mixing = null,
): Promise<ClaimedBatch> {
  const now = deps.clock.now();
  const ordinary = () =>
    tx.prepared<DueContact>('hopper_due', DUE_SQL, [
      tx.tenantId,
      campaignId,
      openCohorts,
      toIso(now),
      limit,
      ...ranks,
    ]);
  const mixed =
    mixing === null ? null : await dueByTurns(tx, campaignId, mixing, openCohorts, now, limit, ranks);
  // What no list has yet: it is to be judged first.
  const due = mixed === null || mixed.due.length === 0 ? await ordinary() : mixed.due;
  const admitted: Admitted[] = [];
  const closedCohorts = new Map<string, EpochMs>();
  for (const contact of due) {
    if (closedCohorts.has(contact.cohort)) continue;
    await screen(tx, deps, contact, admitted, closedCohorts);
  }
  if (mixed !== null && admitted.length > 0) {
    await mixed.served(new Set(admitted.map(({ contactId }) => contactId)), now);
  }
  return { admitted, looked: due.length, closedCohorts };
}

/** One index probe for each open cohort and rank; the outer limit ends it as soon as enough are found. */
const DUE_SQL = `
SELECT c.id, c.cohort, c.rank
FROM generate_series($6::int, $7::int) AS r (rank)
CROSS JOIN unnest($3::text[]) AS o (cohort)
CROSS JOIN LATERAL (
  SELECT id, cohort, rank FROM contacts
  WHERE tenant_id = $1 AND campaign_id = $2 AND cohort = o.cohort AND rank = r.rank
    AND state = 'waiting' AND ready_at <= $4
  ORDER BY ready_at LIMIT $5 FOR NO KEY UPDATE SKIP LOCKED) c
LIMIT $5`;

async function screen(
  tx: Tx,
  deps: { readonly clock: Clock; readonly policies: PolicySource },
  contact: { readonly id: string; readonly cohort: string; readonly rank: number },
  admitted: Admitted[],
  closedCohorts: Map<string, EpochMs>,
): Promise<void> {
  const contactId = contact.id;
  const at = deps.clock.now();
  const dossier = await readDossier(tx, contactId, at);
  if (dossier === null || isTerminalContactState(dossier.contact.state)) return;
  const cohort = cohortOf(dossier.facts.number.country, dossier.facts.locations);
  if (cohort !== contact.cohort) {
    // Its evidence changed, or it was never put into one.
    await tx.prepared('hopper_cohort', 'UPDATE contacts SET cohort = $3 WHERE tenant_id = $1 AND id = $2', [
      tx.tenantId,
      contactId,
      cohort,
    ]);
    if (closedCohorts.has(cohort)) return;
  }
  const { definition } = dossier.campaign;
  const withAgent = escalatesAfter(definition) !== null && needsAgents(dossier.facts.mode);
  if (mayEscalate(definition) && withAgent !== contact.rank >= AGENT_RANK) {
    // The campaign's rules, its mode or the contact's arm are others now: it is admitted with those of its own kind.
    await tx.prepared('hopper_rank', 'UPDATE contacts SET rank = $3 WHERE tenant_id = $1 AND id = $2', [
      tx.tenantId,
      contactId,
      (contact.rank % AGENT_RANK) + (withAgent ? AGENT_RANK : 0),
    ]);
    return;
  }
  const waits = { ...dossier.contact, withAgent };
  if (isRulesPending(dossier.campaign.definition, dossier.contact)) {
    const readyAt = at + Math.ceil(RULES_PENDING_DELAY_MS * deps.clock.speed);
    await returnToHopper(tx, deps.clock, waits, readyAt, RULES_PENDING);
    return;
  }
  const held = await quotaInTheWay(tx, dossier, at);
  if (held !== null) {
    countReason('admission', held.reason);
    if (held.reason === 'campaign.quota_busy') {
      await returnToHopper(tx, deps.clock, waits, held.until!, held.reason);
    } else {
      // Whoever is in its segment is held back alike: not one by one.
      await putOffSegment(tx, dossier.campaign.id, held.of.quota.name, held.until, held.reason, at);
    }
    return;
  }
  const admission = dossier.contact.admissions + 1;
  const decided = await decide(tx, deps.policies, deps.clock, dossier, at);
  const { verdict, results } = decided.evaluation;
  const reason = leadingReason(decided.evaluation);
  if (verdict.kind === 'allow') {
    const previews = definition.mode === 'preview';
    const without = previews ? await offerToAgent(tx, deps.clock, dossier, admission) : null;
    if (without !== null) {
      // Nobody is free to whom it could be shown: it stays as it is, but that others are not kept waiting by one that waits
      // for somebody.
      const { heldUntil, reason: why } = without;
      if (heldUntil === null) return;
      await returnToHopper(tx, deps.clock, waits, nextLookForOwner(deps.clock, heldUntil), why);
      return;
    }
    await tx.prepared(
      'hopper_admit',
      `WITH note AS (${NOTE_SQL} VALUES ($1, $4, $2, 'admitted', $3, $5, $6, clock_timestamp()))
       UPDATE contacts SET state = 'admitted', admissions = $3, admitted_real = clock_timestamp(), state_reason = NULL,
              workflow_open = true
       WHERE tenant_id = $1 AND id = $2`,
      [
        tx.tenantId,
        contactId,
        admission,
        dossier.campaign.id,
        JSON.stringify({ started: !dossier.contact.workflowOpen }),
        toIso(at),
      ],
    );
    admitted.push({ contactId, admission, workflowOpen: dossier.contact.workflowOpen });
    return;
  }
  await insertDecision(tx, dossier, decided, 'admission', admission);
  countReason('admission', reason);
  const end = (state: ContactState, why: string | null) =>
    tx.prepared(
      'hopper_end',
      `UPDATE contacts SET state = $3, state_reason = $4, wake_pending = workflow_open, updated_at = $5
       WHERE tenant_id = $1 AND id = $2`,
      [tx.tenantId, contactId, state, why, toIso(at)],
    );
  if (deniesCampaignOnly(decided.evaluation)) {
    await returnToHopper(tx, deps.clock, waits, at + CAMPAIGN_DENIED_DELAY_MS, reason);
    return;
  }
  if (verdict.kind === 'deny') {
    await end('denied', reason);
    return;
  }
  if (isTooLate(definition.retry, dossier.firstAttemptAt, verdict.until)) {
    await end(TOO_LATE.state, TOO_LATE.reason);
    return;
  }
  await deferContact(tx, deps.clock, dossier.campaign, waits, verdict.until, reason);
  const against = results.filter((result) => result.outcome === 'defer' || result.outcome === 'deny');
  if (against.every((result) => COHORT_RULE_TYPES.has(result.type))) closedCohorts.set(cohort, verdict.until);
}

/** The cohorts with contacts waiting in a campaign: a skip scan, one probe each, however many rows there are. */
export async function waitingCohorts(tx: Tx, campaignId: string): Promise<string[]> {
  const rows = await tx.prepared<{ cohort: string | null }>(
    'hopper_cohorts',
    `WITH RECURSIVE cohorts AS (
       (SELECT cohort FROM contacts WHERE tenant_id = $1 AND campaign_id = $2 AND state = 'waiting'
        ORDER BY cohort LIMIT 1)
       UNION ALL
       SELECT (SELECT c.cohort FROM contacts c WHERE c.tenant_id = $1 AND c.campaign_id = $2 AND c.state = 'waiting'
                 AND c.cohort > cohorts.cohort ORDER BY c.cohort LIMIT 1)
       FROM cohorts WHERE cohorts.cohort IS NOT NULL)
     SELECT cohort FROM cohorts WHERE cohort IS NOT NULL`,
    [tx.tenantId, campaignId],
  );
  return rows.flatMap((row) => (row.cohort === null ? [] : [row.cohort]));
}

/** The earliest instant (engine clock) at which something waiting in these cohorts is due; null: nothing waits. */
export async function nextDue(
  tx: Tx,
  campaignId: string,
  cohorts: readonly string[],
): Promise<EpochMs | null> {
  const rows = await tx.prepared<{ ready_at: EpochMs | null }>(
    'hopper_next_due',
    `SELECT min(c.ready_at) AS ready_at
     FROM generate_series(0, ${RANKS.escalated[1]}) AS r (rank)
     CROSS JOIN unnest($3::text[]) AS o (cohort)
     CROSS JOIN LATERAL (
       SELECT ready_at FROM contacts
       WHERE tenant_id = $1 AND campaign_id = $2 AND cohort = o.cohort AND rank = r.rank AND state = 'waiting'
       ORDER BY ready_at LIMIT 1) c`,
    [tx.tenantId, campaignId, cohorts],
  );
  return rows[0]?.ready_at ?? null;
}
