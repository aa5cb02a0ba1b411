import type { Random } from '../random.ts';
import type { CallTimes, TalkDistribution } from './day.ts';
import { UCI_DURATIONS_S } from './uci-durations.ts';

/** Standard normal (Box and Muller, one of the two). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function uniform(random: Random, [from, to]: readonly [number, number]): number {
  return from + (to - from) * random();
}

const UCI_MEAN_S = UCI_DURATIONS_S.reduce((total, each) => total + each, 0) / UCI_DURATIONS_S.length;
/** Sigma of ln seconds where talk is log-normal: near that of the UCI durations (0.92 over all of them). */
const TALK_SIGMA = 0.9;
/** The same of wrap-up: a form and a disposition take much the same time after each call. */
const WRAP_UP_SIGMA = 0.5;

/** Seconds of talk whose mean is `meanS`. */
export function talkS(random: Random, distribution: TalkDistribution, meanS: number): number {
  switch (distribution) {
    case 'exponential':
      return -meanS * Math.log(1 - random());
    case 'log_normal':
      return logNormal(random, meanS, TALK_SIGMA);
    case 'uci':
      return (meanS / UCI_MEAN_S) * slice(random() * UCI_DURATIONS_S.length - 0.5);
  }
}

export function wrapUpS(random: Random, meanS: number): number {
  return logNormal(random, meanS, WRAP_UP_SIGMA);
}

function logNormal(random: Random, mean: number, sigma: number): number {
  return mean * Math.exp(sigma * normal(random) - (sigma * sigma) / 2);
}

function slice(position: number): number {
  const last = UCI_DURATIONS_S.length - 1;
  const at = Math.max(0, Math.min(last, position));
  const below = Math.floor(at);
  const low = UCI_DURATIONS_S[below]!;
  return low + (at - below) * (UCI_DURATIONS_S[Math.min(last, below + 1)]! - low);
}

export interface CallCourse {
  readonly answered: boolean;
  /** From placing to the answer or the end. */
  readonly afterS: number;
}

/** What becomes of one call. Three draws decide it, whatever comes out: calls of the same number are alike in all runs. */
export function callCourse(
  random: Random,
  times: CallTimes,
  answerRate: number,
  ringTimeoutS: number,
): CallCourse {
  const [who, how, setup] = [random(), random(), uniform(random, times.setupS)];
  const deviate = normal(random);
  if (who < answerRate) {
    const ringS = times.ringS.median * Math.exp(times.ringS.sigma * deviate);
    // Who would have answered after the time-out is among the others: the answer rate is that of calls placed.
    return { answered: true, afterS: Math.min(setup + ringS, ringTimeoutS - 0.001) };
  }
  if (how < times.busyShare) return { answered: false, afterS: setup };
  const { share, afterS } = times.voicemail;
  const machine = (how - times.busyShare) / share;
  if (machine < 1)
    return { answered: false, afterS: Math.min(setup + uniform(() => machine, afterS), ringTimeoutS) };
  return { answered: false, afterS: ringTimeoutS };
}
