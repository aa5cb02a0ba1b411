import { toIso } from '../../domain/time.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Tx } from '../client.ts';
import { notifyWork } from '../notify.ts';
import { reserveThisSeat } from './seat-requests.ts';
import { FITS_CAMPAIGN } from './seats.ts';

/** Answered calls that wait for an agent. */

/** Real ms for which an agent is kept for a call that is being joined with them; the sweep then looks after it. */
export const CONNECT_LEASE_MS = 30_000;

/**
 * Whoever becomes ready takes the call that has waited longest among those that they fit; in the transaction that made them
 * ready, so that nobody waits beside somebody who is free. Calls that another transaction is at are passed over, so that
 * who holds a seat waits for nobody.
 * @returns the attempt taken; null: none waits that fits.
 */
export async function takeWaiting(tx: Tx, clock: Clock, agentId: string): Promise<string | null> {
  const rows = await tx.prepared<{ attempt_id: string; campaign_id: string; contact_id: string }>(
    'waiting_take',
    `SELECT w.attempt_id, w.campaign_id, w.contact_id FROM agent_calls w
     JOIN agents a ON a.tenant_id = w.tenant_id AND a.id = $2 AND a.enabled
     JOIN teams t ON t.tenant_id = a.tenant_id AND t.id = a.team_id
     JOIN campaigns k ON k.tenant_id = w.tenant_id AND k.id = w.campaign_id
     WHERE w.tenant_id = $1 AND w.state = 'waiting' AND w.connect_by > $3
       AND ${FITS_CAMPAIGN}
     ORDER BY w.answered_at, w.attempt_id LIMIT 1 FOR NO KEY UPDATE OF w SKIP LOCKED`,
    [tx.tenantId, agentId, toIso(clock.now())],
  );
  const [call] = rows;
  if (call === undefined) return null;
  const reserved = await reserveThisSeat(tx, agentId, {
    campaignId: call.campaign_id,
    contactId: call.contact_id,
    attemptId: call.attempt_id,
    previewId: null,
    leaseMs: CONNECT_LEASE_MS,
  });
  if (!reserved) return null;
  await tx.prepared(
    'waiting_taken',
    `UPDATE agent_calls c SET state = 'connecting', agent_id = $3, team_id = s.team_id, assigned_at = $4,
            assigned_real = clock_timestamp()
     FROM seats s
     WHERE c.tenant_id = $1 AND c.attempt_id = $2 AND s.tenant_id = $1 AND s.agent_id = $3`,
    [tx.tenantId, call.attempt_id, agentId, toIso(clock.now())],
  );
  await notifyWork(tx);
  return call.attempt_id;
}
