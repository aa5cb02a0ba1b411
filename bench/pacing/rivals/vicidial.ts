import type { PacingController, PacingState } from '../../../pacing/controller.ts';
import { linesPerAgent } from './ratio.ts';

/** What becomes of the level once the day's limit is passed. */
export type DropMode = 'HARD' | 'AVERAGE' | 'TAPERED';

/** As it is shipped: highest level, percent of answered people, and how often the level is reckoned anew. */
const MAX_LEVEL = 3;
const DROP_LIMIT = 0.03;
const EVERY_MS = 15_000;
const MINUTE_MS = 60_000;
/** TAPERED counts the time left in tenths of ten hours. */
const TAPER_MS = 10 * 3_600_000;

interface Sample {
  readonly at: number;
  readonly surplus: number;
  readonly agents: number;
  readonly calls: number;
  readonly dropped: number;
}

/**
 * The adaptive rule that VICIdial publishes (AST_VDadapt.pl), written anew from what it does: each 15 s the level is
 * raised by the agents who waited less the people who waited, averaged over a minute, as a share of the agents there.
 * Half of the calls of the last minute dropped halve it; past the day's limit HARD sets it to 1, AVERAGE halves it,
 * TAPERED takes it times the share of ten hours that is left.
 */
export function vicidial(mode: DropMode, endsAt: number): PacingController {
  let level = 1;
  let nextAt = 0;
  let dropped = 0;
  let callsToday = 0;
  let minute: Sample[] = [];
  return {
    decide: (state) => {
      const sample = sampleOf(state, dropped);
      callsToday += sample.calls;
      minute.push(sample);
      dropped = state.abandonment.abandoned;
      if (state.at >= nextAt) {
        nextAt = state.at + EVERY_MS;
        minute = minute.filter(({ at }) => at > state.at - MINUTE_MS);
        level = adapted(level, minute, callsToday, state, mode, endsAt);
      }
      return { calls: linesPerAgent(state, level), reason: 'predictive' };
    },
    learned: () => null,
  };
}

function sampleOf(state: PacingState, droppedBefore: number): Sample {
  return {
    at: state.at,
    surplus: state.freeUntil.length - state.waitingAnswers,
    agents: state.freeUntil.length + state.talkingSince.length,
    calls: state.ended.filter(({ kind }) => kind === 'answered' || kind === 'unanswered').length,
    dropped: state.abandonment.abandoned - droppedBefore,
  };
}

function adapted(
  before: number,
  minute: readonly Sample[],
  callsToday: number,
  { at, abandonment }: PacingState,
  mode: DropMode,
  endsAt: number,
): number {
  const sum = (of: (sample: Sample) => number) => minute.reduce((total, each) => total + of(each), 0);
  const agents = sum((each) => each.agents);
  const surplus = sum((each) => each.surplus);
  let level = before * (1 + (agents === 0 ? 0 : surplus / agents));
  level = Math.max(1, Math.min(MAX_LEVEL, level));
  const calls = sum((each) => each.calls);
  if (calls > 20 && sum((each) => each.dropped) > calls / 2) level /= 2;
  const { abandoned, denominator } = abandonment;
  if (callsToday > 50 && abandoned > DROP_LIMIT * denominator) {
    if (mode === 'HARD') level = 1;
    else if (mode === 'AVERAGE') level /= 2;
    else level *= Math.max(0, Math.min(1, (endsAt - at) / TAPER_MS));
  }
  return Math.max(1, level);
}
