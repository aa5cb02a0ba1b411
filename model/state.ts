import type { StepOfTheModel } from './steps.ts';
import type { AttemptState } from '../domain/vocabulary.ts';

/**
 * What the model knows: one person with two admissions (of two campaigns, or one after the other) under a cap of one
 * call, two workers, one sweeper, one stop of everything that is the person's, and a carrier.
 */
export interface State {
  readonly attempts: readonly Attempt[];
  readonly workers: readonly Worker[];
  readonly sweeper: Sweeper;
  readonly stop: Stop;
  /** Faults that are still to come. */
  readonly left: Faults;
}

/** The attempt of one admission: its row, the request, the carrier's leg, and what only a judge of all of it knows. */
export interface Attempt {
  readonly row: AttemptState | 'none';
  readonly age: Age;
  /** Marked to be hung up. */
  readonly hangUp: boolean;
  /** The request: not made, under way, or with the carrier (or lost). */
  readonly request: 'none' | 'under_way' | 'over';
  /** What the carrier said and nobody has read yet. */
  readonly answer: 'none' | 'accepted' | 'rejected';
  readonly leg: 'none' | 'ringing' | 'down';
  /** The carrier's events of the leg never come. */
  readonly unheard: boolean;
  /** Requests that left, by the judge's count. */
  readonly requests: number;
  /** Requests that left after the stop was acknowledged. */
  readonly afterStop: number;
}

/**
 * How long ago the row's lease began, in the only respects that matter:
 * 0 fresh, 1 too old to send (`SEND_STALE_MS`), 2 the lease is over, 3 the carrier's "no such call" is believed
 * (`NOT_FOUND_AFTER_MS`), 4 the quarantine is over.
 */
export type Age = 0 | 1 | 2 | 3 | 4;

/** Where a run of `placeCall` is: the step it reached last. Two places have no step, for nobody can see into them. */
export type WorkerAt =
  | 'idle'
  | Extract<StepOfTheModel, 'claim.commit' | 'claim.committed' | 'send.begun'>
  /** The age was looked at, the system call that sends was not made: the gap that no database sees into. */
  | 'gap'
  /** The request left; its answer is waited for. */
  | 'asking'
  | Extract<StepOfTheModel, 'send.answered'>;

export interface Worker {
  readonly at: WorkerAt;
  /** Whose attempt; -1 where idle. */
  readonly of: number;
  /** At `send.answered`. */
  readonly answer: 'none' | 'accepted' | 'rejected' | 'unknown';
}

export interface Sweeper {
  readonly at: 'idle' | Extract<StepOfTheModel, 'reconcile.ask' | 'reconcile.answered'>;
  readonly of: number;
  /** The row as it was read, before the carrier was asked. */
  readonly row: AttemptState | 'none';
  readonly believable: boolean;
  readonly found: 'none' | 'live' | 'final' | 'not_found';
}

export interface Stop {
  readonly at:
    'idle' | Extract<StepOfTheModel, 'stop.commit' | 'stop.committed' | 'stop.acknowledged'> | 'died';
  /** The fact that binds is in the database. */
  readonly binding: boolean;
}

export interface Faults {
  /** Processes that die: workers, the sweeper, the stop's. */
  readonly crashes: number;
  /** Processes that stand still in the gap, past the lease, and go on: the residual risk of I3. */
  readonly freezes: number;
  /** Requests that the network holds up past the lease. */
  readonly lateRequests: number;
}

export const ADMISSIONS = 2;
const WORKERS = 2;

export function initialState(faults: Faults): State {
  const attempt: Attempt = {
    row: 'none',
    age: 0,
    hangUp: false,
    request: 'none',
    answer: 'none',
    leg: 'none',
    unheard: false,
    requests: 0,
    afterStop: 0,
  };
  return {
    attempts: Array.from({ length: ADMISSIONS }, () => attempt),
    workers: Array.from({ length: WORKERS }, () => IDLE),
    sweeper: AT_REST,
    stop: { at: 'idle', binding: false },
    left: faults,
  };
}

export const IDLE: Worker = { at: 'idle', of: -1, answer: 'none' };
export const AT_REST: Sweeper = { at: 'idle', of: -1, row: 'none', believable: false, found: 'none' };

/** States in which an attempt is over. */
export function isOver(row: Attempt['row']): boolean {
  return row === 'revoked' || row === 'abandoned' || row === 'rejected' || row === 'ended';
}

/**
 * The same for states that differ only in which worker or which admission is which, or in what nobody looks at any more:
 * the age of an attempt that is over, an answer whose asker has died.
 */
export function keyOf(state: State): string {
  const one = keyAs(state, 0, 1);
  const other = keyAs(state, 1, 0);
  return one < other ? one : other;
}

function keyAs({ attempts, workers, sweeper, stop, left }: State, first: number, second: number): string {
  const [one, other] = [workerKey(workers[0]!, first), workerKey(workers[1]!, first)];
  const both = one < other ? one + other : other + one;
  const asked = sweeper.at === 'idle' ? '' : `${sweeper.of === first ? 0 : 1}${keyed(sweeper)}`;
  return `${attemptKey(attempts[first]!, first, workers)}|${attemptKey(attempts[second]!, second, workers)}|${both}${asked}|${keyed(stop)}${keyed(left)}`;
}

function workerKey(worker: Worker, first: number): string {
  return worker.at === 'idle' ? '-' : `${worker.of === first ? 0 : 1}${keyed(worker)}`;
}

function attemptKey(attempt: Attempt, of: number, workers: readonly Worker[]): string {
  const [one, other] = [workers[0]!, workers[1]!];
  const held = one.of === of || other.of === of;
  const asked = (one.of === of && one.at === 'asking') || (other.of === of && other.at === 'asking');
  const aged = held || AGES.has(attempt.row);
  return `${keyed(attempt)}${aged ? attempt.age : ''}${asked ? attempt.answer : ''}`;
}

/** Rows whose age somebody may yet look at. */
const AGES: ReadonlySet<Attempt['row']> = new Set(['claimed', 'sending', 'unknown', 'sent']);
const LEFT_OUT: ReadonlySet<string> = new Set(['age', 'of']);
const keys = new WeakMap<object, string>();

/** Most of a state is what it was before: the same objects, whose part of the key is known. */
function keyed(part: object): string {
  let key = keys.get(part);
  if (key === undefined) {
    const ofAttempt = 'leg' in part;
    key = Object.entries(part)
      .filter(([name]) => !LEFT_OUT.has(name) && !(ofAttempt && name === 'answer'))
      .map(([, value]) => String(value))
      .join(' ');
    keys.set(part, key);
  }
  return key;
}
