import type { DispositionChoice } from '../../domain/wrap-up.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Tx } from '../../db/client.ts';
import { lockSeat, seatFreed } from '../../db/repositories/seats.ts';
import { takeWaiting } from '../../db/repositories/waiting-calls.ts';
import {
  agentCallOf,
  lockAgentCall,
  saveDraft,
  writeDown,
  type CallToWriteDown,
} from '../../db/repositories/wrap-ups.ts';

/** Who wrote a call down that its agent did not write down in time. */
const BY_LIMIT = 'time_limit';
/** Why an agent is on a break who did not write a call down; the same as where a supervisor takes them off it. */
const OPEN = 'wrap_up.open';

/**
 * The time to write a call down is over. By the campaign's `onLimit` the agent is away until it is written down, or
 * what it says is put down for them, and they are free for the next call. The caller holds the person.
 * @returns false where it was written down at this moment.
 */
export async function endWrapUp(
  tx: Tx,
  clock: Clock,
  of: { readonly agentId: string; readonly attemptId: string },
): Promise<boolean> {
  const { agentId, attemptId } = of;
  await lockAgentCall(tx, attemptId);
  const seat = await lockSeat(tx, agentId);
  const at = clock.now();
  const isOver = seat?.state === 'wrap_up' && seat.attemptId === attemptId && seat.wrapUpUntil! <= at;
  if (!isOver) return false;
  const call = await agentCallOf(tx, attemptId);
  const choice = call === null ? null : putDown(call);
  if (call?.state !== 'wrap_up' || choice === null) {
    const to = call?.state === 'wrap_up' ? ({ to: 'break', reason: OPEN } as const) : {};
    await seatFreed(tx, { agentId, attemptId }, { ...to, worked: true, at });
    return true;
  }
  await saveDraft(tx, attemptId, { ...call, dispositionCode: choice.code });
  await writeDown(tx, call, { disposition: choice.disposition, by: BY_LIMIT, at });
  await seatFreed(tx, { agentId, attemptId }, { worked: true, at });
  if (seat.nextState === null) await takeWaiting(tx, clock, agentId);
  return true;
}

/** What is put down for the agent: what they had chosen, where that asks for no more, else what the campaign says. */
function putDown({ definition, dispositionCode }: CallToWriteDown): DispositionChoice | null {
  const agents = definition.agents ?? null;
  if (agents?.wrapUp.onLimit !== 'ready') return null;
  const named = (code: string | null) => agents.dispositions.find((one) => one.code === code) ?? null;
  const chosen = named(dispositionCode);
  const isWhole = chosen !== null && chosen.disposition !== 'callback' && chosen.requires.length === 0;
  return isWhole ? chosen : named(agents.wrapUp.disposition);
}

/**
 * Nobody wrote the call down: it is closed without a disposition, so that its contact goes on by what the carrier said.
 * The caller holds the person. @returns false where somebody did at this moment.
 */
export async function closeUnwritten(tx: Tx, attemptId: string, clock: Clock): Promise<boolean> {
  const rows = await tx.prepared(
    'wrap_up_given_up',
    `UPDATE agent_calls SET state = 'over', disposed_at = $3, disposed_by = '${BY_LIMIT}'
     WHERE tenant_id = $1 AND attempt_id = $2 AND state = 'wrap_up' RETURNING 1 AS one`,
    [tx.tenantId, attemptId, new Date(clock.now()).toISOString()],
  );
  return rows.length > 0;
}
