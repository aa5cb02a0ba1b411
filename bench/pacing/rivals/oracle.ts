import type { PacingController } from '../../../pacing/controller.ts';
import { forecastOf } from '../../../pacing/predictive/forecast.ts';
import { decideKnowing } from '../../../pacing/predictive/predictive.ts';
import { newTables } from '../../../pacing/predictive/tables.ts';
import { randomOf } from '../../../pacing/random.ts';
import type { Day } from '../../../pacing/simulator/day.ts';
import { callCourse, talkS, wrapUpS } from '../../../pacing/simulator/draws.ts';

/** Draws from the day's own distributions: what is left of chance in a share of 0.1 is 2 %. */
const DRAWS = 20_000;

/** The same rule as ours, but told of the day's true distributions: what learning costs is the difference. */
export function oracle(day: Day): PacingController {
  const { limits } = day;
  const [random, tables] = [randomOf('oracle'), newTables()];
  const talkMeanS = day.handlingS.start * (1 - day.wrapUpShare);
  for (let i = 0; i < DRAWS; i++) {
    const { answered, afterS } = callCourse(random, day.calls, day.answerRate.start, limits.ringTimeoutS);
    tables.answer.underWay(0, afterS);
    tables.otherEnd.underWay(0, afterS);
    (answered ? tables.answer : tables.otherEnd).end(afterS);
    const talk = talkS(random, day.talk, talkMeanS);
    tables.talk.underWay(0, talk);
    tables.talk.end(talk);
    const wrapUp = wrapUpS(random, day.handlingS.start * day.wrapUpShare);
    tables.wrapUp.underWay(0, wrapUp);
    tables.wrapUp.end(wrapUp);
  }
  const levels = { answer: 1, talk: 1, wrapUp: 1 };
  const forecast = forecastOf({ ...tables, levels }, limits.ringTimeoutS, limits.connectWithinS);
  const knowledge = {
    answersSeen: DRAWS,
    talksSeen: DRAWS,
    forecast: () => forecast,
    binOfCall: (ageS: number) => tables.answer.binOf(ageS),
    binOfTalk: (ageS: number) => tables.talk.binOf(ageS),
    binOfWrapUp: (ageS: number) => tables.wrapUp.binOf(ageS),
  };
  return { decide: (state) => decideKnowing(state, limits, knowledge), learned: () => null };
}
