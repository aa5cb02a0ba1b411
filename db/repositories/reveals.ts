import type { Tx } from '../client.ts';

/** Looks at persons' data in full that one principal may take in any hour (real time). */
export const REVEALS_PER_HOUR = 60;
const WINDOW_S = 3_600;

/**
 * Count one look against its actor's share, in the transaction that looks: looks taken back with their transaction do
 * not count, and two at once take turns.
 * @returns null when it may be taken, else real seconds until the next one may.
 */
export async function takeReveal(tx: Tx, actor: string): Promise<{ retryAfterS: number } | null> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `rightcall:reveals:${tx.tenantId}:${actor}`,
  ]);
  await tx.query(
    `DELETE FROM reveals WHERE tenant_id = $1 AND actor = $2
       AND at_real <= clock_timestamp() - make_interval(secs => $3)`,
    [tx.tenantId, actor, WINDOW_S],
  );
  const [used] = await tx.query<{ count: number; wait_s: number | null }>(
    `SELECT count(*) AS count,
            extract(epoch FROM min(at_real) + make_interval(secs => $3) - clock_timestamp())::float8 AS wait_s
     FROM reveals WHERE tenant_id = $1 AND actor = $2`,
    [tx.tenantId, actor, WINDOW_S],
  );
  if (used!.count >= REVEALS_PER_HOUR)
    return { retryAfterS: Math.max(1, Math.ceil(used!.wait_s ?? WINDOW_S)) };
  await tx.query('INSERT INTO reveals (tenant_id, actor, at_real) VALUES ($1, $2, clock_timestamp())', [
    tx.tenantId,
    actor,
  ]);
  return null;
}
