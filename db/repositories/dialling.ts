import { toIso, type EpochMs } from '../../domain/time.ts';
import type { Statements, Tx } from '../client.ts';
import { HELD_BRIEFLY } from '../locks.ts';

/** Whether a tenant's dialling is stopped as a whole, and by whom. */
export interface DiallingState {
  /** Null: it is not stopped. */
  readonly stoppedAt: EpochMs | null;
  readonly stoppedBy: string | null;
  readonly reason: string | null;
}

export async function diallingState(statements: Statements): Promise<DiallingState> {
  const rows = await statements.query<{
    stopped_at: number | null;
    requested_by: string | null;
    reason: string | null;
  }>(
    `SELECT t.dialling_stopped_at AS stopped_at, k.requested_by, k.detail->>'reason' AS reason
     FROM tenants t
     LEFT JOIN LATERAL (
       SELECT requested_by, detail FROM stop_requests
       WHERE tenant_id = t.id AND target_id = t.id AND scope = 'tenant' AND kind = 'kill'
         AND NOT detail ? 'liftedReal'
       ORDER BY committed_real LIMIT 1) k ON t.dialling_stopped_at IS NOT NULL
     WHERE t.id = $1`,
    [statements.tenantId],
  );
  const row = rows[0];
  return {
    stoppedAt: row?.stopped_at ?? null,
    stoppedBy: row?.requested_by ?? null,
    reason: row?.reason ?? null,
  };
}

/**
 * Set the tenant's kill switch; under the tenant's exclusive lock (db/stop.ts), so that no gate is inside.
 * @returns since when it is set: an earlier stop stays as it was.
 */
export async function setDiallingStopped(tx: Tx, at: EpochMs): Promise<EpochMs> {
  const rows = await tx.query<{ stopped_at: number }>(
    `UPDATE tenants SET dialling_stopped_at = coalesce(dialling_stopped_at, $2) WHERE id = $1
     RETURNING dialling_stopped_at AS stopped_at`,
    [tx.tenantId, toIso(at)],
  );
  return rows[0]!.stopped_at;
}

/**
 * Release the kill switch, and note on the kills that they bind no longer, so that the audit can tell what was sent
 * against them from what was sent afterwards.
 * @returns since when it had been set; null: it was not.
 */
export async function releaseDialling(tx: Tx): Promise<EpochMs | null> {
  const rows = await tx.query<{ stopped_at: number | null }>(
    `SELECT dialling_stopped_at AS stopped_at, ${HELD_BRIEFLY} FROM tenants WHERE id = $1 FOR NO KEY UPDATE`,
    [tx.tenantId],
  );
  const stoppedAt = rows[0]?.stopped_at ?? null;
  if (stoppedAt === null) return null;
  await tx.query('UPDATE tenants SET dialling_stopped_at = NULL WHERE id = $1', [tx.tenantId]);
  await tx.query(
    `UPDATE stop_requests
     SET detail = detail || jsonb_build_object('liftedReal', round(extract(epoch FROM clock_timestamp()) * 1000))
     WHERE tenant_id = $1 AND target_id = $1 AND scope = 'tenant' AND kind = 'kill' AND NOT detail ? 'liftedReal'`,
    [tx.tenantId],
  );
  return stoppedAt;
}
