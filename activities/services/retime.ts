import type { Clock } from '../../domain/clock.ts';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Database, Tx } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import { activePolicySetHash } from '../../db/repositories/policies.ts';
import {
  advanceRetiming,
  endRetiming,
  nextWaiting,
  takeRetiming,
  type RetimingRow,
  type WaitingContact,
} from '../../db/repositories/policy-retimings.ts';
import { readCampaignNow } from '../../gate/campaign-now.ts';
import { horizonMsOn, leadingReason } from '../../gate/decide.ts';
import { readFactsOf, readLists, type BatchedContact } from '../../gate/facts-batch.ts';
import type { PolicyReader } from '../../gate/policy-source.ts';
import { waitKindOf } from '../../gate/why-not-due.ts';
import { spreadInstant } from '../../pacing/spread.ts';
import { evaluate } from '../../policies/index.ts';

/** Contacts looked at in one transaction: some tens of ms, so that nobody waits for it. */
const BATCH = 250;

export interface RetimeDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly policies: PolicyReader;
}

/** A contact that is to wait for another instant. */
interface Move {
  readonly id: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** Why it waits now; null: it is free, and only comes back with the others. */
  readonly reason: string | null;
}

/**
 * After other policies took effect: contacts that wait for an instant which a rule gave are asked about anew and wait for
 * the instant that the rules in force give, earlier or later. Those set free come back over some minutes. What waits for
 * anything but a rule is left alone: promises, delays of retries, instants that were given. One batch at a time; where a
 * worker dies another goes on, and doing a batch twice moves nobody.
 * @returns whether more is to be done now
 */
export async function retimeWaiting(deps: RetimeDeps, tenantId: string): Promise<boolean> {
  return deps.db.inTenant(tenantId, async (tx) => {
    const now = deps.clock.now();
    const retiming = await takeRetiming(tx, now);
    if (retiming === null) return false;
    if ((await activePolicySetHash(tx, now)) !== retiming.setHash) {
      // Whatever was published after it re-times everything by itself.
      await endRetiming(tx, retiming.activationId, 'overtaken', now);
      return true;
    }
    const batch = await nextWaiting(tx, retiming.afterContact, BATCH);
    const last = batch.at(-1);
    if (last === undefined) {
      await endRetiming(tx, retiming.activationId, 'done', now);
      return true;
    }
    const moves = await movesOf(tx, deps, retiming, batch, now);
    const moved = await move(tx, moves, now);
    await advanceRetiming(tx, retiming.activationId, {
      afterContact: last.id,
      lookedAt: batch.length,
      earlier: moved.filter(({ from, to }) => to < from).length,
      later: moved.filter(({ from, to }) => to > from).length,
      at: now,
    });
    if (moved.length > 0) await notifyWork(tx);
    return true;
  });
}

async function movesOf(
  tx: Tx,
  deps: RetimeDeps,
  retiming: RetimingRow,
  batch: readonly WaitingContact[],
  now: EpochMs,
): Promise<Move[]> {
  const byRule = batch.filter(
    (contact) =>
      contact.readyAt > now &&
      !contact.promised &&
      contact.reason !== null &&
      waitKindOf(contact.reason) === 'rule',
  );
  const lists = await readLists(tx);
  const moves: Move[] = [];
  for (const campaignId of new Set(byRule.map((contact) => contact.campaignId))) {
    const campaign = await readCampaignNow(tx, campaignId, now);
    if (campaign === null) continue;
    const policySet = await deps.policies.forCampaign(tx, retiming.setHash, campaign);
    const ids = byRule.filter((contact) => contact.campaignId === campaignId).map(({ id }) => id);
    for (const contact of await readFactsOf(tx, campaign, lists, ids, now)) {
      const { facts } = contact;
      if (facts === null) continue;
      const evaluation = evaluate({ policySet, facts, at: now, horizonMs: horizonMsOn(deps.clock) });
      const { verdict } = evaluation;
      // Denied is for the gate to say, with its Decision, when the contact is due.
      if (verdict.kind === 'deny') continue;
      const to =
        verdict.kind === 'defer'
          ? verdict.until
          : freeAt(contact, retiming.startedAt ?? now, verdict.until, now);
      if (to === contact.readyAt) continue;
      const reason = verdict.kind === 'defer' ? leadingReason(evaluation) : null;
      moves.push({ id: contact.contactId, from: contact.readyAt, to, reason });
    }
  }
  return moves;
}

/** Spread from the first batch on, so that a batch done twice gives the same; never later than it waited for anyway. */
function freeAt(contact: BatchedContact, began: EpochMs, until: EpochMs | null, now: EpochMs): EpochMs {
  const spread = Math.max(now, spreadInstant(contact.contactId, began, until));
  return Math.min(contact.readyAt, spread);
}

/** What changed since it was read, or is being changed, stays as it is. @returns those that were moved */
async function move(tx: Tx, moves: readonly Move[], at: EpochMs): Promise<readonly Move[]> {
  if (moves.length === 0) return [];
  const rows = await tx.prepared<{ id: string }>(
    'retime_contacts',
    `UPDATE contacts c SET ready_at = m.ready_at, state_reason = m.reason, updated_at = $6
     FROM (SELECT u.id, u.ready_at, u.reason
           FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[]) AS u (id, was, ready_at, reason)
           JOIN contacts d ON d.tenant_id = $1 AND d.id = u.id
           WHERE d.state = 'waiting' AND d.ready_at = u.was
           FOR NO KEY UPDATE OF d SKIP LOCKED) m
     WHERE c.tenant_id = $1 AND c.id = m.id RETURNING c.id`,
    [
      tx.tenantId,
      moves.map(({ id }) => id),
      moves.map(({ from }) => toIso(from)),
      moves.map(({ to }) => toIso(to)),
      moves.map(({ reason }) => reason),
      toIso(at),
    ],
  );
  const moved = new Set(rows.map(({ id }) => id));
  return moves.filter(({ id }) => moved.has(id));
}
