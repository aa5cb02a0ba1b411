import type { EpochMs } from '../../domain/time.ts';
import type { LifeTable } from './life-table.ts';

/**
 * What calls and agents will have done by certain instants from now, by their age: tables made from what was learned, so
 * that a decision is a look-up for each call and agent.
 */
export interface Forecast {
  /** Seconds from the placing of a call after which a person answers: the middles of equally likely stretches. */
  readonly nodesS: readonly number[];
  /** By node, then by bin of age: the chance that a call in flight has been answered by then. */
  readonly answeredBy: readonly Float64Array[];
  /** By bin of age: the chance that it will be answered at all. */
  readonly answeredEver: Float64Array;
  /** By node, then by bin of age: the chance that an agent who talks (is in wrap-up) is still busy then. */
  readonly stillTalking: readonly Float64Array[];
  readonly stillWrappingUp: readonly Float64Array[];
}

/** What a decision rests on. */
export interface Knowledge {
  readonly answersSeen: number;
  readonly talksSeen: number;
  forecast(at: EpochMs): Forecast;
  /** The bin of age that so many seconds lie in. */
  binOfCall(ageS: number): number;
  binOfTalk(ageS: number): number;
  binOfWrapUp(ageS: number): number;
}

export interface Learned {
  readonly answer: LifeTable;
  readonly otherEnd: LifeTable;
  readonly talk: LifeTable;
  readonly wrapUp: LifeTable;
  /** What the hazards are multiplied with now. */
  readonly levels: { readonly answer: number; readonly talk: number; readonly wrapUp: number };
}

/** Integration step, s: hazards are taken as the same over it. */
const STEP_S = 1;
/** Places on the answer time at which a shortage is looked for. */
const NODES = 4;

export function forecastOf(learned: Learned, ringTimeoutS: number, connectWithinS: number): Forecast {
  const answers = answersOf(learned, ringTimeoutS);
  const steps = nodesOf(answers[0]!);
  // Who answers waits for an agent until the connect seconds are over.
  const until = steps.map((step) => step + Math.round(connectWithinS / STEP_S));
  const longest = Math.max(...until);
  const { talk, wrapUp, levels } = learned;
  const wrapUps = middles(wrapUp).map((age) => endedBy(wrapUp, levels.wrapUp, age, longest));
  const talks = middles(talk).map((age) => endedBy(talk, levels.talk, age, longest));
  // Where nobody has ever written a call down, agents are free when talk is over.
  const whole = wrapUp.isUntouched
    ? new Float64Array(longest + 1).fill(1)
    : endedBy(wrapUp, levels.wrapUp, 0, longest);
  return {
    nodesS: steps.map((step) => step * STEP_S),
    answeredBy: steps.map((step) => each(answers, (row) => at(row, step))),
    answeredEver: each(answers, (row) => row.at(-1)!),
    stillTalking: until.map((step) => each(talks, (ended) => 1 - readyBy(ended, whole, step))),
    stillWrappingUp: until.map((step) => each(wrapUps, (ended) => 1 - ended[step]!)),
  };
}

function each(rows: readonly Float64Array[], value: (row: Float64Array) => number): Float64Array {
  const values = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) values[i] = value(rows[i]!);
  return values;
}

function at(row: Float64Array, step: number): number {
  return row[Math.min(step, row.length - 1)]!;
}

/** By bin of age: the chance of having been answered after so many steps from now. */
function answersOf({ answer, otherEnd, levels }: Learned, ringTimeoutS: number): Float64Array[] {
  const steps = Math.ceil(ringTimeoutS / STEP_S);
  return middles(answer).map((age) => {
    const row = new Float64Array(steps + 1);
    let alive = 1;
    for (let step = 1; step <= steps; step++) {
      const from = age + (step - 1) * STEP_S;
      row[step] = row[step - 1]!;
      if (from >= ringTimeoutS) continue;
      const now = answer.binOf(from);
      const [a, b] = [answer.hazard(now) * levels.answer, otherEnd.hazard(now)];
      const ending = 1 - Math.exp(-(a + b) * STEP_S);
      if (ending > 0) row[step]! += (alive * ending * a) / (a + b);
      alive *= 1 - ending;
    }
    return row;
  });
}

/** The chance that talk has ended, and the wrap-up after it, within so many steps. */
function readyBy(talkEnded: Float64Array, wrapUpEnded: Float64Array, steps: number): number {
  let ready = 0;
  for (let talked = 1; talked <= steps; talked++) {
    ready += (talkEnded[talked]! - talkEnded[talked - 1]!) * wrapUpEnded[steps - talked]!;
  }
  return ready;
}

/** The chance that what has lasted `age` seconds has ended after so many steps more. */
function endedBy(table: LifeTable, level: number, age: number, steps: number): Float64Array {
  const row = new Float64Array(steps + 1);
  let alive = 1;
  for (let step = 0, bin = -1, stays = 1, until = -1; step < steps; step++) {
    const now = age + step * STEP_S;
    if (now >= until) {
      bin = table.binOf(now);
      until = table.edges[bin + 1] ?? Infinity;
      stays = Math.exp(-table.hazard(bin) * level * STEP_S);
    }
    alive *= stays;
    row[step + 1] = 1 - alive;
  }
  return row;
}

/** The middle age of each bin; of the first its beginning, for most of what is looked up there has just begun. */
function middles({ edges }: LifeTable): number[] {
  return edges.map((edge, bin) =>
    bin === 0 || bin === edges.length - 1 ? edge : (edge + edges[bin + 1]!) / 2,
  );
}

/** Steps after which the answers of a call placed now lie, given that it is answered. */
function nodesOf(answered: Float64Array): number[] {
  const ever = answered.at(-1)!;
  return Array.from({ length: NODES }, (_, node) => {
    const share = ((node + 0.5) / NODES) * ever;
    let step = 1;
    while (step < answered.length - 1 && answered[step]! < share) step += 1;
    return step;
  });
}
