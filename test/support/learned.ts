import { predictive } from '../../pacing/predictive/predictive.ts';
import { EIGHT_HOURS } from '../../pacing/simulator/day.ts';
import { simulate } from '../../pacing/simulator/simulate.ts';

/** What a predictive controller knows after two hours in which this share of people answered. */
export function aMorning(answerRate: number): unknown {
  const day = { ...EIGHT_HOURS, seed: 'morning', agents: 8, lengthS: 7_200, breaksS: [] };
  const answers = { answerRate: { start: answerRate }, handlingS: { start: 120 } };
  return simulate({ ...day, ...answers }, ({ limits }) => predictive(limits)).learned;
}
