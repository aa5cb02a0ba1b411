import { needsAgents, type CampaignDefinition } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { AttemptState, Outcome } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import {
  closeWithoutTalk,
  lockAgentSide,
  markAbandoned,
  markToWriteDown,
  noteEnd,
  type AgentSide,
} from '../../db/repositories/agent-calls.ts';
import { seatWrapsUp } from '../../db/repositories/seats.ts';
import { callOf, onAnswer, type AnsweredAttempt } from './answer.ts';
import { countAnswered, countOver } from './count.ts';
import { freeSeatOf } from './free-seat.ts';

/** An attempt that is over, with what its carrier said of the call. */
export interface OverAttempt extends AnsweredAttempt {
  readonly state: AttemptState;
  readonly outcome: Outcome | null;
  readonly answeredAt: EpochMs | null;
  readonly endedAt: EpochMs;
  readonly talkS: number;
  readonly definition: CampaignDefinition;
}

/** Seconds to write a call down where the campaign says nothing of agents any more; the schema's own default. */
const WRAP_UP_S = 120;

/**
 * The agent's side of a call that is over: whoever talked writes it down, whoever was kept free is free again, and a
 * person who got no agent was abandoned. Run again it changes nothing. The caller holds the person.
 * @returns whether the call is to be written down before anything is drawn from it.
 */
export async function closeAgentSide(tx: Tx, clock: Clock, attempt: OverAttempt): Promise<boolean> {
  const side = await sideAtEnd(tx, clock, attempt);
  const toWriteDown = side !== null && (await close(tx, clock, attempt, side));
  if (toWriteDown) return true;
  if (attempt.state === 'ended' && needsAgents(attempt.mode ?? 'agentless')) {
    const { id: attemptId, campaignId, outcome, talkS } = attempt;
    const at = attempt.answeredAt ?? attempt.endedAt;
    await countOver(tx, { attemptId, campaignId, outcome, talkS, at, hasSide: side !== null });
  }
  return false;
}

/** A person may have answered and hung up before anything was heard of it. */
async function sideAtEnd(tx: Tx, clock: Clock, attempt: OverAttempt): Promise<AgentSide | null> {
  const side = await lockAgentSide(tx, attempt.id);
  const unheard = side === null || (side.state === 'reserved' && side.answeredAt === null);
  if (!unheard || attempt.state !== 'ended' || attempt.outcome !== 'answered' || attempt.talkS <= 0)
    return side;
  await onAnswer(tx, clock, attempt, {
    at: attempt.answeredAt ?? attempt.endedAt - attempt.talkS * 1_000,
    machine: false,
    isOver: true,
  });
  return lockAgentSide(tx, attempt.id);
}

/** @returns whether it is to be written down. */
async function close(tx: Tx, clock: Clock, attempt: OverAttempt, side: AgentSide): Promise<boolean> {
  const { id: attemptId, endedAt } = attempt;
  const over = async (reason: string) => {
    await closeWithoutTalk(tx, callOf(attempt), { reason, at: endedAt, letGoAt: null });
    await freeSeatOf(tx, clock, attemptId, side.agentId);
    return false;
  };
  switch (side.state) {
    case 'reserved':
      return over(attempt.state === 'ended' ? 'not_answered' : `attempt.${attempt.state}`);
    case 'waiting':
    case 'connecting': {
      // Whoever had an agent on the way, and hung up before the time that the rules give was over, met no silence.
      const inTime = side.connectBy !== null && endedAt <= side.connectBy;
      if (side.state === 'connecting' && inTime) return over('ended_before_agent');
      const answeredAt = side.answeredAt ?? endedAt;
      if (attempt.mode === 'agentless' || attempt.mode === null) return over('agents.none_free');
      await markAbandoned(tx, attemptId, { reason: 'hung_up_waiting', at: endedAt, letGoAt: null });
      await countAnswered(tx, attemptId, { at: answeredAt, abandoned: true });
      await freeSeatOf(tx, clock, attemptId, side.agentId);
      return false;
    }
    case 'connected': {
      const limitS = attempt.definition.agents?.wrapUp.limitS ?? WRAP_UP_S;
      const until = clock.now() + limitS * 1_000;
      await markToWriteDown(tx, attemptId, { at: endedAt, until });
      await seatWrapsUp(tx, { agentId: side.agentId!, attemptId }, until);
      return true;
    }
    case 'wrap_up':
      return true;
    case 'abandoned':
    case 'over':
      await noteEnd(tx, attemptId, endedAt);
      return false;
  }
}
