import type { Clock } from '../../domain/clock.ts';
import type { Tx } from '../../db/client.ts';
import { seatOf } from '../../db/repositories/seat-requests.ts';
import { seatFreed } from '../../db/repositories/seats.ts';
import { takeWaiting } from '../../db/repositories/waiting-calls.ts';

/**
 * What an agent was kept free for came to nothing: they are free again, in their old place among those who wait, and take
 * the call that has waited longest. @param agentId null: nobody was kept free
 */
export async function freeSeatOf(
  tx: Tx,
  clock: Clock,
  attemptId: string,
  agentId: string | null,
): Promise<void> {
  if (agentId === null) return;
  if (!(await seatFreed(tx, { agentId, attemptId }, { worked: false, at: clock.now() }))) return;
  if ((await seatOf(tx, agentId))?.state === 'ready') await takeWaiting(tx, clock, agentId);
}
