import type { RequestableState } from '../../domain/agent.ts';
import type { Clock } from '../../domain/clock.ts';
import { toIso } from '../../domain/time.ts';
import type { Tx } from '../client.ts';
import { notifyWork } from '../notify.ts';
import { campaignById } from './campaigns.ts';
import { preferredAgents } from './preferred-agents.ts';
import { noteNextState } from './seat-requests.ts';
import { reserveSeat, seatFreed, type SeatRow } from './seats.ts';
import { demandOf } from './teams.ts';
import { CONNECT_LEASE_MS } from './waiting-calls.ts';

/**
 * Take an agent off what they are reserved for: a preview is withdrawn, a call goes to another agent at once, or waits for
 * one. The caller holds the contact's person, then the seat.
 */
export async function releaseSeat(
  tx: Tx,
  clock: Clock,
  seat: SeatRow,
  options: { readonly to: RequestableState; readonly reason: string | null },
): Promise<void> {
  const at = clock.now();
  if (seat.nextState !== null) await noteNextState(tx, seat, null);
  const { agentId, previewId, attemptId } = seat;
  const freed = { ...options, worked: false, at };
  if (previewId !== null) {
    await tx.query(
      `UPDATE previews SET state = 'withdrawn', reason = $3, settled_at = $4
       WHERE tenant_id = $1 AND id = $2 AND state IN ('offered', 'accepted')`,
      [tx.tenantId, previewId, options.reason ?? 'agent.released', toIso(at)],
    );
    await seatFreed(tx, { agentId, previewId }, freed);
  }
  if (attemptId !== null) {
    await takeOffCall(tx, attemptId, agentId);
    await seatFreed(tx, { agentId, attemptId }, freed);
    await giveToAnother(tx, clock, attemptId);
  }
  await notifyWork(tx);
}

/** The call is this agent's no more; one that was answered waits. Their seat is left as it is. */
export async function takeOffCall(tx: Tx, attemptId: string, agentId: string): Promise<void> {
  await tx.query(
    `UPDATE agent_calls SET agent_id = NULL, team_id = NULL, assigned_at = NULL, assigned_real = NULL,
            state = CASE WHEN state = 'connecting' THEN 'waiting' ELSE state END
     WHERE tenant_id = $1 AND attempt_id = $2 AND agent_id = $3 AND state IN ('reserved', 'connecting')`,
    [tx.tenantId, attemptId, agentId],
  );
}

/** A call that has no agent, or none any more, gets one if somebody who fits is free. The caller holds the person. */
export async function giveToAnother(tx: Tx, clock: Clock, attemptId: string): Promise<boolean> {
  const [call] = await tx.query<{ campaign_id: string; contact_id: string; state: string }>(
    `SELECT campaign_id, contact_id, state FROM agent_calls
     WHERE tenant_id = $1 AND attempt_id = $2 AND agent_id IS NULL
       AND (state = 'reserved' OR state = 'waiting' AND connect_by > $3)`,
    [tx.tenantId, attemptId, toIso(clock.now())],
  );
  if (call === undefined) return false;
  const agents = (await campaignById(tx, call.campaign_id))?.definition.agents ?? null;
  if (agents === null) return false;
  const seat = await reserveSeat(
    tx,
    { ...(await demandOf(tx, agents)), preferredAgentIds: await preferredAgents(tx, call.contact_id) },
    {
      campaignId: call.campaign_id,
      contactId: call.contact_id,
      attemptId,
      previewId: null,
      leaseMs: CONNECT_LEASE_MS,
    },
  );
  if (seat === null) return false;
  await giveCall(tx, clock, attemptId, seat);
  return true;
}

/** Note whose call it is now: one that was answered is to be joined with them. */
export async function giveCall(
  tx: Tx,
  clock: Clock,
  attemptId: string,
  to: { readonly agentId: string; readonly teamId: string },
): Promise<void> {
  await tx.query(
    `UPDATE agent_calls SET agent_id = $3, team_id = $4, assigned_at = $5, assigned_real = clock_timestamp(),
            state = CASE WHEN state = 'waiting' THEN 'connecting' ELSE state END
     WHERE tenant_id = $1 AND attempt_id = $2 AND state IN ('reserved', 'waiting')`,
    [tx.tenantId, attemptId, to.agentId, to.teamId, toIso(clock.now())],
  );
}
