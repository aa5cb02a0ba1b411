import type { EpochMs } from '../../domain/time.ts';
import type { Tx } from '../../db/client.ts';
import { RightcallError } from '../../domain/failures.ts';
import { lockAgentSide, markConnected } from '../../db/repositories/agent-calls.ts';
import { countAnswered } from './count.ts';
import { seatConnected } from '../../db/repositories/seats.ts';

/**
 * The carrier joined an agent and the person. One who is not the call's agent any more, or was joined before, changes
 * nothing. The caller holds the person.
 */
export async function onJoined(
  tx: Tx,
  of: { readonly attemptId: string; readonly agentId: string; readonly at: EpochMs },
): Promise<boolean> {
  if (!(await markConnected(tx, of))) return false;
  if (!(await seatConnected(tx, of))) {
    throw new RightcallError('internal', 'an agent is joined to a call that their seat is not kept for');
  }
  const side = (await lockAgentSide(tx, of.attemptId))!;
  const isLate = side.connectBy !== null && side.connectedAt! > side.connectBy;
  await countAnswered(tx, of.attemptId, { at: side.answeredAt ?? of.at, abandoned: isLate });
  return true;
}
