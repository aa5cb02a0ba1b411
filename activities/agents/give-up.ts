import type { Clock } from '../../domain/clock.ts';
import type { Tx } from '../../db/client.ts';
import { closeWithoutTalk, lockAgentSide, markAbandoned } from '../../db/repositories/agent-calls.ts';
import { agentCallOf } from '../../db/repositories/wrap-ups.ts';
import { countAnswered } from './count.ts';

/**
 * Nobody came within the time that the rules give: the call is given up, counts as abandoned, and the carrier is to say
 * what the rules want said and hang up. One whose person asked a script for an agent met no silence, and is let go without
 * counting. The caller holds the person.
 * @returns false where it does not wait any more, or its time is not over.
 */
export async function giveUpWaiting(tx: Tx, clock: Clock, attemptId: string): Promise<boolean> {
  const side = await lockAgentSide(tx, attemptId);
  const at = clock.now();
  if (side?.state !== 'waiting' || side.connectBy === null || side.connectBy > at) return false;
  const call = (await agentCallOf(tx, attemptId))!;
  if (call.mode === 'agentless') {
    await closeWithoutTalk(tx, call, { reason: 'agents.none_free', at, letGoAt: at });
    return true;
  }
  await markAbandoned(tx, attemptId, { reason: 'agents.none_free', at, letGoAt: at });
  await countAnswered(tx, attemptId, { at: side.answeredAt ?? at, abandoned: true });
  return true;
}
