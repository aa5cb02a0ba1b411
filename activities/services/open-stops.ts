import { reach } from '../../domain/steps.ts';
import type { Database } from '../../db/client.ts';
import { lookAtScope } from '../../db/stop-scope.ts';
import { acknowledge } from '../../db/stop.ts';
import type { StopRequest } from '../../db/stop-scope.ts';

const BATCH = 50;
/**
 * Real ms after a stop binds in which whoever asked for it acknowledges it: longer than a send's lease and the wait for
 * hang-ups together.
 */
const LEFT_TO_OTHERS_MS = 5_000;

interface OpenStop extends Pick<StopRequest, 'scope' | 'targetId'> {
  readonly id: string;
  readonly numberHash: string | null;
  readonly committedReal: number;
}

/**
 * Stops that bind and that nobody acknowledged: the process that was asked is gone, or a person said stop in a call while
 * another one of theirs was on its way. Once their scope is quiet that is put on record, so that the audit holds what is
 * sent against them. Two workers may do so at once: the first one's word stands.
 */
export async function acknowledgeOpenStops(
  deps: { readonly db: Database },
  tenantId: string,
): Promise<boolean> {
  const open = await deps.db.single(tenantId, (tx) =>
    tx.prepared<OpenStop>(
      'open_stops',
      `SELECT id, scope, target_id AS "targetId", detail->>'numberHash' AS "numberHash",
              committed_real AS "committedReal"
       FROM stop_requests
       WHERE tenant_id = $1 AND acknowledged_real IS NULL
         AND committed_real < clock_timestamp() - make_interval(secs => $2)
       ORDER BY committed_real LIMIT ${BATCH}`,
      [tenantId, LEFT_TO_OTHERS_MS / 1_000],
    ),
  );
  for (const { numberHash, ...stop } of open) {
    const scope = numberHash === null ? stop : { ...stop, numberHash: Buffer.from(numberHash, 'hex') };
    const done = await deps.db.inTenant(tenantId, async (tx) => {
      const now = await lookAtScope(tx, scope, stop.committedReal);
      if (now.sending > 0) return false;
      const complete = now.ringing === 0 && now.uncertain === 0;
      await acknowledge(tx, stop.id, Date.now(), { hungUp: now.hungUp, complete });
      return true;
    });
    if (done) await reach('stop.acknowledged', stop.id);
  }
  return open.length === BATCH;
}
