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
