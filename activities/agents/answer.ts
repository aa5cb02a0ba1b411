import { needsAgents } from '../../domain/campaign.ts';
import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { DialMode } from '../../domain/vocabulary.ts';
import type { Tx } from '../../db/client.ts';
import { notifyWork } from '../../db/notify.ts';
import {
  closeWithoutTalk,
  lockAgentSide,
  markAnswered,
  type CallOf,
} from '../../db/repositories/agent-calls.ts';
import { campaignById } from '../../db/repositories/campaigns.ts';
import { connectDuty } from '../../db/repositories/connect-duties.ts';
import { giveToAnother } from '../../db/repositories/seat-release.ts';
import { freeSeatOf } from './free-seat.ts';

/**
 * Seconds within which whoever answers has an agent, where no rule says it: what the rules that say it agree on (47 CFR
 * 64.1200(a)(7), 16 CFR 310.4(b)(4)(ii), Ofcom's statement on persistent misuse, CRTC).
 */
const CONNECT_WITHIN_S = 2;
/**
 * The same where a person asked for an agent by a key and hears that one is coming: after the usual aim of four in five
 * answered within 20 s, with room for the fifth. No rule knows it: it is no silence.
 */
const TRANSFER_WITHIN_S = 30;
/**
 * Real ms that there are at the least on a clock that runs faster than the real one: carrying a call to an agent takes the
 * engine and its carrier as long as ever, so that there is as long for it as the rules give in real time (`CONNECT_WITHIN_S`).
 * On a real clock the rules' seconds hold as they are.
 */
const CONNECT_REAL_MS = CONNECT_WITHIN_S * 1_000;

/** An attempt that somebody answered, as its row has it. */
export interface AnsweredAttempt {
  readonly id: string;
  readonly campaignId: string;
  readonly contactId: string;
  readonly personId: string;
  /** Null: made before there were modes. */
  readonly mode: DialMode | null;
}

export function callOf({ id, campaignId, contactId, personId, mode }: AnsweredAttempt): CallOf {
  return { attemptId: id, campaignId, contactId, personId, mode: mode ?? 'agentless' };
}

/**
 * Somebody, or a machine, answered. A call of a mode with agents goes to the one who was kept free for it, else to whoever
 * is free now, else it waits; one that a machine answered needs nobody, and is let go. The caller holds the person.
 * @param isOver its end is known as well: nobody is taken for it any more.
 */
export async function onAnswer(
  tx: Tx,
  clock: Clock,
  attempt: AnsweredAttempt,
  answer: { readonly at: EpochMs; readonly machine: boolean; readonly isOver: boolean },
): Promise<void> {
  if (!needsAgents(attempt.mode ?? 'agentless')) return;
  const side = await lockAgentSide(tx, attempt.id);
  // One that was given up before it rang, and rang all the same, is `over`.
  const isNew = side === null || (side.answeredAt === null && ['reserved', 'over'].includes(side.state));
  if (!isNew) return;
  if (answer.machine) {
    const at = clock.now();
    await closeWithoutTalk(tx, callOf(attempt), {
      reason: 'answer.machine',
      at,
      letGoAt: answer.isOver ? null : at,
    });
    if (side !== null) await freeSeatOf(tx, clock, attempt.id, side.agentId);
    await notifyWork(tx);
    return;
  }
  await awaitAgent(tx, clock, attempt, { ...answer, withinS: CONNECT_WITHIN_S });
}

/** By a key the person asked the script for an agent. The caller holds the person. */
export async function onAgentAsked(
  tx: Tx,
  clock: Clock,
  attempt: AnsweredAttempt,
  asked: { readonly at: EpochMs; readonly isOver: boolean },
): Promise<void> {
  if (asked.isOver || (await lockAgentSide(tx, attempt.id)) !== null) return;
  const campaign = await campaignById(tx, attempt.campaignId);
  // Definitions of before there were agents name none.
  if ((campaign?.definition.agents ?? null) === null) return;
  await awaitAgent(tx, clock, attempt, { ...asked, withinS: TRANSFER_WITHIN_S });
}

async function awaitAgent(
  tx: Tx,
  clock: Clock,
  attempt: AnsweredAttempt,
  from: { readonly at: EpochMs; readonly isOver: boolean; readonly withinS: number },
): Promise<void> {
  const duty = await connectDuty(tx, attempt.id);
  const state = await markAnswered(tx, callOf(attempt), {
    at: from.at,
    connectBy: from.at + connectMs(clock, duty.withinS ?? from.withinS),
    announce: duty.announce,
  });
  if (state === 'waiting' && !from.isOver) await giveToAnother(tx, clock, attempt.id);
  await notifyWork(tx);
}

function connectMs(clock: Clock, withinS: number): number {
  const real = clock.speed > 1 ? Math.ceil(CONNECT_REAL_MS * clock.speed) : 0;
  return Math.max(Math.round(withinS * 1_000), real);
}
