import {
  oneEach,
  type PacingController,
  type PacingDecision,
  type PacingLimits,
  type PacingState,
} from '../controller.ts';
import { staying } from '../progressive.ts';
import { riskAllowed } from './budget.ts';
import type { Forecast, Knowledge } from './forecast.ts';
import { Learner, MIN_ANSWERS } from './learner.ts';
import { Need } from './need.ts';

/** Until so many talks have ended (and answers been seen), one call for each free agent is all. */
const MIN_TALKS = 10;
/** More calls are never placed at one time: more than any carrier takes in a tick. */
const AT_ONCE_MAX = 1_000;

export interface PredictiveController extends PacingController {
  /** The share of calls placed now that a person answers, as it is believed. */
  readonly answerRate: number;
}

/**
 * Predictive pacing: calls are placed ahead of agents who will be free, as long as the chance that the next one meets
 * nobody is within the budget. How it is reckoned, and what each number rests on: docs/pacing.md.
 * @param learned what another controller of this campaign said that it had learned; null: nothing
 */
export function predictive(limits: PacingLimits, learned: unknown = null): PredictiveController {
  const learner = new Learner(limits, learned);
  return {
    decide(state) {
      learner.observe(state);
      return decideKnowing(state, limits, learner);
    },
    learned: () => learner.toJSON(),
    get answerRate() {
      return learner.answerRate;
    },
  };
}

/** The same, of what is known already. */
export function decideKnowing(given: PacingState, limits: PacingLimits, known: Knowledge): PacingDecision {
  const state = staying(given, limits.ringTimeoutS);
  const floor = oneEach(state);
  if (known.answersSeen < MIN_ANSWERS || known.talksSeen < MIN_TALKS)
    return { calls: floor, reason: 'progressive.thin_data' };
  const forecast = known.forecast(state.at);
  const ages = Array.from(state.inFlightSince, (since) => known.binOfCall((state.at - since) / 1_000));
  const risk = riskAllowed(state.abandonment, limits.cap, atStake(state, limits.cap, ages, forecast));
  if (risk === 0) return { calls: floor, reason: 'progressive.hard_stop' };
  const need = new Need(forecast.nodesS.length);
  for (const age of ages) need.add(forecast.answeredBy, age);
  addOthers(need, state, known, forecast);
  const agents = state.freeUntil.length + addBusy(need, state, limits, known, forecast);
  let calls = 0;
  while (calls < AT_ONCE_MAX && need.shortage(agents - state.waitingAnswers) <= risk) {
    calls += 1;
    need.add(forecast.answeredBy, 0);
  }
  return { calls: Math.max(floor, calls), reason: 'predictive' };
}

/**
 * People whom what has been done already may leave without an agent: all who wait, and of the calls in flight as many as
 * the cap allows at the most and one standard deviation more.
 */
function atStake(
  state: PacingState,
  cap: number,
  ages: readonly number[],
  { answeredEver }: Forecast,
): number {
  const allowed = cap * ages.reduce((sum, age) => sum + answeredEver[age]!, 0);
  return state.waitingAnswers + allowed + Math.sqrt(allowed);
}

/**
 * Add other campaigns' calls to what takes an agent: they ring as long until they are answered as the own ones do, and are
 * answered as often as their campaign's are, where that is known.
 */
function addOthers(
  need: Need,
  { at, others }: PacingState,
  known: Knowledge,
  { answeredBy, answeredEver }: Forecast,
): void {
  const ownRate = Math.max(answeredEver[0]!, 1e-9);
  for (const { since, certain, answerRate, share } of others) {
    if (certain) need.addSteady(share);
    else
      need.add(
        answeredBy,
        known.binOfCall((at - since) / 1_000),
        (share * (answerRate ?? ownRate)) / ownRate,
      );
  }
}

/** Add those who may still be busy to what takes an agent. @returns how many they are, without those who leave soon. */
function addBusy(
  need: Need,
  state: PacingState,
  limits: PacingLimits,
  known: Knowledge,
  { stillTalking, stillWrappingUp }: Forecast,
): number {
  const stays = state.at + (limits.ringTimeoutS + limits.connectWithinS) * 1_000;
  let busy = 0;
  for (let i = 0; i < state.talkingSince.length; i++) {
    if (state.talkingUntil[i]! < stays) continue;
    busy += 1;
    need.add(stillTalking, known.binOfTalk((state.at - state.talkingSince[i]!) / 1_000));
  }
  for (let i = 0; i < state.wrapUpSince.length; i++) {
    if (state.wrapUpUntil[i]! < stays) continue;
    busy += 1;
    need.add(stillWrappingUp, known.binOfWrapUp((state.at - state.wrapUpSince[i]!) / 1_000));
  }
  return busy;
}
