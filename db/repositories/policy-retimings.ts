import { and, eq } from 'drizzle-orm';
import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { policyRetimings } from '../schema/index.ts';

export type RetimingRow = typeof policyRetimings.$inferSelect;

/** Waiting contacts are to be re-timed once the set takes effect. */
export async function addRetiming(
  tx: Tx,
  retiming: { readonly activationId: number; readonly setHash: string; readonly dueAt: EpochMs },
): Promise<void> {
  await tx.orm.insert(policyRetimings).values({ tenantId: tx.tenantId, ...retiming, state: 'pending' });
}

export async function retimingsOf(
  tx: Tx,
  activationIds: readonly number[],
): Promise<Map<number, RetimingRow>> {
  const rows = await tx.query<RetimingRow>(
    `SELECT activation_id AS "activationId", set_hash AS "setHash", state, after_contact AS "afterContact",
            looked_at AS "lookedAt", earlier, later, due_at AS "dueAt", started_at AS "startedAt",
            finished_at AS "finishedAt"
     FROM policy_retimings WHERE tenant_id = $1 AND activation_id = ANY ($2)`,
    [tx.tenantId, activationIds],
  );
  return new Map(rows.map((row) => [row.activationId, row]));
}

/**
 * The oldest re-timing that is due, locked; null: there is none, or another worker has it.
 * @param now engine clock
 */
export async function takeRetiming(tx: Tx, now: EpochMs): Promise<RetimingRow | null> {
  const rows = await tx.prepared<RetimingRow>(
    'retiming_due',
    `SELECT activation_id AS "activationId", set_hash AS "setHash", state, after_contact AS "afterContact",
            looked_at AS "lookedAt", earlier, later, due_at AS "dueAt", started_at AS "startedAt",
            finished_at AS "finishedAt"
     FROM policy_retimings WHERE tenant_id = $1 AND finished_at IS NULL AND due_at <= $2
     ORDER BY due_at, activation_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
    [tx.tenantId, toIso(now)],
  );
  return rows[0] ?? null;
}

export interface WaitingContact {
  readonly id: string;
  readonly campaignId: string;
  readonly readyAt: EpochMs;
  readonly reason: string | null;
  /** It was promised a call. */
  readonly promised: boolean;
}

/**
 * The next waiting contacts of campaigns that are not over, by campaign and id, whatever they wait for: a probe of an
 * index for each campaign, and as many rows as are asked for.
 * @param after the contact looked at last; null: from the beginning
 */
export async function nextWaiting(tx: Tx, after: string | null, limit: number): Promise<WaitingContact[]> {
  return tx.prepared<WaitingContact>(
    'retiming_waiting',
    `WITH place AS (SELECT campaign_id, id FROM contacts WHERE tenant_id = $1 AND id = $2)
     SELECT w.id, w.campaign_id AS "campaignId", w.ready_at AS "readyAt", w.state_reason AS reason,
            (w.rank < 10) AS promised
     FROM campaigns k
     LEFT JOIN place p ON true
     CROSS JOIN LATERAL (
       SELECT c.id, c.campaign_id, c.ready_at, c.state_reason, c.rank FROM contacts c
       WHERE c.tenant_id = $1 AND c.campaign_id = k.id AND c.state = 'waiting'
         AND c.id > CASE WHEN p.campaign_id = k.id THEN p.id ELSE '00000000-0000-0000-0000-000000000000' END
       ORDER BY c.id LIMIT $3) w
     WHERE k.tenant_id = $1 AND k.status IN ('running', 'paused') AND (p.id IS NULL OR k.id >= p.campaign_id)
     ORDER BY k.id, w.id LIMIT $3`,
    [tx.tenantId, after, limit],
  );
}

/** How far it has come. */
export async function advanceRetiming(
  tx: Tx,
  activationId: number,
  step: {
    readonly afterContact: string;
    readonly lookedAt: number;
    readonly earlier: number;
    readonly later: number;
    readonly at: EpochMs;
  },
): Promise<void> {
  await tx.query(
    `UPDATE policy_retimings SET state = 'running', after_contact = $3, looked_at = looked_at + $4,
            earlier = earlier + $5, later = later + $6, started_at = coalesce(started_at, $7)
     WHERE tenant_id = $1 AND activation_id = $2`,
    [tx.tenantId, activationId, step.afterContact, step.lookedAt, step.earlier, step.later, toIso(step.at)],
  );
}

export async function endRetiming(
  tx: Tx,
  activationId: number,
  state: 'done' | 'overtaken' | 'cancelled',
  at: EpochMs,
): Promise<void> {
  await tx.orm
    .update(policyRetimings)
    .set({ state, finishedAt: at })
    .where(and(eq(policyRetimings.tenantId, tx.tenantId), eq(policyRetimings.activationId, activationId)));
}
