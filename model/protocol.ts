import type { Model } from './explore.ts';
import type { Guard } from './guards.ts';
import type { StepOfTheModel } from './steps.ts';
import { brokenAtEnd, brokenLaw } from './laws.ts';
import {
  IDLE,
  AT_REST,
  initialState,
  isOver,
  keyOf,
  type Age,
  type Attempt,
  type Faults,
  type State,
  type Sweeper,
  type Worker,
} from './state.ts';

/**
 * The protocol of the gate as a transition system. What stands between two steps here is one transaction, one request or
 * one answer there (domain/steps.ts); within these PostgreSQL's locks leave nobody else a place.
 */
export interface Options {
  readonly faults: Faults;
  /** Taken away. */
  readonly without?: Guard;
  /** False: the carrier never answers a look-up. */
  readonly lookups?: boolean;
}

/** What no step names: the two sides of the gap, the carrier, the network, time and faults. */
type Circumstance =
  | 'send.checked'
  | 'send.request'
  | 'carrier.accepts'
  | 'carrier.rejects'
  | 'carrier.rings_out'
  | 'network.loses'
  | 'time.passes'
  | 'fault.crash'
  | 'fault.freeze'
  | 'fault.late_request'
  | 'stop.none';
export type Happening = StepOfTheModel | Circumstance;
type Next = readonly [label: string, state: State];

export function protocol(options: Options): Model<State> {
  return {
    initial: initialState(options.faults),
    next: (state) => successors(state, options),
    keyOf,
    broken: (state) => brokenLaw(state, options.faults),
    brokenAtEnd,
  };
}

function* successors(state: State, options: Options): Generator<Next> {
  const has = (guard: Guard) => options.without !== guard;
  const lookups = options.lookups ?? true;
  yield* stopping(state, has);
  for (const [index, worker] of state.workers.entries()) yield* working(state, index, worker, has);
  for (const [of, attempt] of state.attempts.entries()) {
    yield* carrying(state, of, attempt);
    yield* settling(state, of, attempt, has);
    yield* passing(state, of, attempt, lookups ? 3 : 4);
  }
  yield* sweeping(state, has, lookups);
  yield* crashing(state);
}

function named(happening: Happening, of?: number): string {
  return of === undefined ? happening : `${happening} ${of}`;
}

function withAttempt(state: State, of: number, change: Partial<Attempt>): State {
  return { ...state, attempts: state.attempts.map((a, i) => (i === of ? { ...a, ...change } : a)) };
}

function withWorker(state: State, index: number, worker: Worker): State {
  return { ...state, workers: state.workers.map((w, i) => (i === index ? worker : w)) };
}

type Has = (guard: Guard) => boolean;

/** A run of placeCall, from step to step. */
function* working(state: State, index: number, worker: Worker, has: Has): Generator<Next> {
  const { at, of } = worker;
  const attempt = state.attempts[of];
  const go = (next: Worker['at'], on: State = state, answer: Worker['answer'] = 'none') =>
    withWorker(on, index, next === 'idle' ? IDLE : { at: next, of, answer });
  switch (at) {
    case 'idle':
      yield* beginning(state, index, has);
      return;
    case 'claim.commit':
      if (!has('claim.commits')) yield [named('send.checked', of), go('gap')];
      yield [
        named('claim.committed', of),
        go('claim.committed', withAttempt(state, of, { row: 'claimed', age: 0 })),
      ];
      return;
    // The slot of the line is waited for here; nothing that others can see comes of it.
    case 'claim.committed': {
      const won =
        (attempt!.row === 'claimed' || !has('send.state')) && (attempt!.age < 2 || !has('send.lease'));
      if (won)
        yield [named('send.begun', of), go('send.begun', withAttempt(state, of, { row: 'sending', age: 0 }))];
      else yield [named('send.recorded', of), go('idle', notRung(state, of, 'claimed', 'abandoned'))];
      return;
    }
    case 'send.begun':
      if (attempt!.age === 0 || !has('send.stale')) yield [named('send.checked', of), go('gap')];
      else yield [named('send.recorded', of), go('idle', notRung(state, of, 'sending', 'abandoned'))];
      return;
    case 'gap': {
      const requests = attempt!.requests + 1;
      const afterStop = attempt!.afterStop + (state.stop.at === 'stop.acknowledged' ? 1 : 0);
      yield [
        named('send.request', of),
        go('asking', withAttempt(state, of, { request: 'under_way', requests, afterStop })),
      ];
      return;
    }
    case 'asking':
      if (attempt!.answer !== 'none')
        yield [
          named('send.answered', of),
          go('send.answered', withAttempt(state, of, { answer: 'none' }), attempt!.answer),
        ];
      // The answer is lost, or too late.
      yield [named('send.answered', of), go('send.answered', state, 'unknown')];
      return;
    case 'send.answered': {
      if (worker.answer === 'rejected') {
        yield [named('send.recorded', of), go('idle', notRung(state, of, 'sending', 'rejected'))];
      } else if (worker.answer === 'unknown') {
        const after = attempt!.row === 'sending' ? withAttempt(state, of, { row: 'unknown' }) : state;
        yield [named('send.recorded', of), go('idle', after)];
      } else {
        // Where it is marked, it is hung up at once; by whom makes no difference (below).
        yield [named('send.recorded', of), go('idle', heardOf(state, of, has))];
      }
      return;
    }
  }
}

/** What counts under the caps, and what keeps a person from a second call meanwhile. */
function counts(row: Attempt['row'], has: Has): boolean {
  if (row === 'sent' || row === 'ended') return true;
  return has('claim.reserves') && (row === 'claimed' || row === 'sending' || row === 'unknown');
}

function* beginning(state: State, index: number, has: Has): Generator<Next> {
  const locked =
    (has('claim.stop_lock') && state.stop.at === 'stop.commit') ||
    (has('claim.person_lock') && state.workers.some(({ at }) => at === 'claim.commit'));
  const held =
    (has('claim.asks') && state.stop.binding) || state.attempts.some(({ row }) => counts(row, has));
  for (const [of, { row }] of state.attempts.entries()) {
    if (row === 'none' && !locked && !held && !state.workers.some((w) => w.of === of)) {
      yield [named('claim.commit', of), withWorker(state, index, { at: 'claim.commit', of, answer: 'none' })];
    }
    if (!has('claim.finds') && (row === 'sending' || row === 'unknown')) {
      yield [named('send.request', of), withWorker(state, index, { at: 'gap', of, answer: 'none' })];
    }
  }
}

function notRung(state: State, of: number, from: Attempt['row'], to: 'abandoned' | 'rejected'): State {
  return state.attempts[of]!.row === from ? withAttempt(state, of, { row: to }) : state;
}

/** The carrier has the call (`markSent`). One that was given up before is to be hung up. */
function heardOf(state: State, of: number, has: Has): State {
  const { row, hangUp } = state.attempts[of]!;
  if (row !== 'sending' && row !== 'unknown' && row !== 'abandoned') return state;
  return withAttempt(state, of, {
    row: 'sent',
    hangUp: hangUp || (row === 'abandoned' && has('late.marks')),
  });
}

/** The carrier has the call, and it has ended (`applyCallEvents`). */
function heardEnd(state: State, of: number, has: Has): State {
  const after = heardOf(state, of, has);
  return after.attempts[of]!.row === 'sent' ? withAttempt(after, of, { row: 'ended' }) : after;
}

/** The carrier and the network. */
function* carrying(state: State, of: number, attempt: Attempt): Generator<Next> {
  if (attempt.request === 'under_way') {
    const over = { request: 'over' } as const;
    yield [named('carrier.rejects', of), withAttempt(state, of, { ...over, answer: 'rejected' })];
    yield [named('network.loses', of), withAttempt(state, of, over)];
    for (const unheard of [false, true]) {
      yield [
        named('carrier.accepts', of),
        withAttempt(state, of, { ...over, answer: 'accepted', leg: 'ringing', unheard }),
      ];
    }
  }
  // Where a stop binds, the phone is taken to ring until it is hung up: the worst there is. Ten minutes no phone rings.
  if (attempt.leg === 'ringing' && (!state.stop.binding || attempt.age === 4)) {
    yield [named('carrier.rings_out', of), withAttempt(state, of, { leg: 'down' })];
  }
}

/** Events, hang-ups that were asked for, leases that ran out. */
function* settling(state: State, of: number, attempt: Attempt, has: Has): Generator<Next> {
  const { row, age, leg } = attempt;
  if (leg !== 'none' && !attempt.unheard) {
    const after = leg === 'down' ? heardEnd(state, of, has) : heardOf(state, of, has);
    if (after !== state) yield [named('event.applied', of), after];
  }
  const given = isOver(row) && has('late.hangs_up');
  if (leg === 'ringing' && ((row === 'sent' && attempt.hangUp) || given)) {
    yield [named('hangup.asked', of), withAttempt(state, of, { leg: 'down' })];
  }
  if (has('expire.finds') && age >= 2 && (row === 'claimed' || row === 'sending')) {
    const to = row === 'claimed' ? 'abandoned' : 'unknown';
    yield [named('expire.committed', of), withAttempt(state, of, { row: to })];
  }
}

/** Time. Only what is named as a fault makes it pass the lease in the gap, or while a request is under way. */
function* passing(state: State, of: number, { row, age, request }: Attempt, oldest: Age): Generator<Next> {
  const inGap = state.workers.some((w) => w.of === of && w.at === 'gap');
  const beginning = state.workers.some((w) => w.of === of && w.at === 'send.begun');
  const matters =
    (row === 'claimed' && age < 2) ||
    row === 'sending' ||
    row === 'unknown' ||
    (row === 'sent' && oldest === 4);
  if (age >= oldest || !(matters || inGap || beginning)) return;
  const older = withAttempt(state, of, { age: (row === 'claimed' ? 2 : age + 1) as Age });
  const frozen = age === 1 && inGap;
  const late = age === 1 && request === 'under_way';
  const { freezes, lateRequests } = state.left;
  if (!frozen && !late) yield [named('time.passes', of), older];
  if (frozen && freezes > 0)
    yield [named('fault.freeze', of), { ...older, left: { ...state.left, freezes: freezes - 1 } }];
  if (late && lateRequests > 0)
    yield [
      named('fault.late_request', of),
      { ...older, left: { ...state.left, lateRequests: lateRequests - 1 } },
    ];
}

function* sweeping(state: State, has: Has, lookups: boolean): Generator<Next> {
  const { sweeper } = state;
  const { of } = sweeper;
  const go = (next: Sweeper, on: State = state): State => ({ ...on, sweeper: next });
  switch (sweeper.at) {
    case 'idle':
      if (!has('reconcile.asks')) return;
      for (const [which, attempt] of state.attempts.entries()) {
        const { row, age } = attempt;
        if (row !== 'unknown' && !(row === 'sent' && (attempt.unheard || !lookups))) continue;
        const believable = age >= 3 || !has('reconcile.waits');
        yield [
          named('reconcile.ask', which),
          go({ at: 'reconcile.ask', of: which, row, believable, found: 'none' }),
        ];
      }
      return;
    case 'reconcile.ask': {
      const { leg } = state.attempts[of]!;
      const found = leg === 'ringing' ? 'live' : leg === 'down' ? 'final' : 'not_found';
      if (lookups)
        yield [named('reconcile.answered', of), go({ ...sweeper, at: 'reconcile.answered', found })];
      else yield [named('reconcile.answered', of), go({ ...sweeper, at: 'reconcile.answered' })];
      return;
    }
    case 'reconcile.answered':
      yield [named('reconcile.committed', of), go(AT_REST, answerTaken(state, has))];
      return;
  }
}

/** `takeAnswer` of activities/services/sweep.ts. */
function answerTaken(state: State, has: Has): State {
  const { of, row, believable, found } = state.sweeper;
  if (found === 'live') return heardOf(state, of, has);
  if (found === 'final') return heardEnd(state, of, has);
  if (found === 'not_found' && row === 'unknown' && believable)
    return notRung(state, of, 'unknown', 'abandoned');
  // The quarantine is over: it counts as a call that the person received.
  return state.attempts[of]!.age === 4 ? heardEnd(state, of, has) : state;
}

/** A withdrawal, suppression, pause or kill whose scope is everything in the model. */
function* stopping(state: State, has: Has): Generator<Next> {
  const { stop } = state;
  switch (stop.at) {
    case 'idle':
      yield [named('stop.none'), { ...state, stop: { ...stop, at: 'died' } }];
      if (has('claim.stop_lock') && state.workers.some(({ at }) => at === 'claim.commit')) return;
      yield [named('stop.commit'), { ...state, stop: { ...stop, at: 'stop.commit' } }];
      return;
    case 'stop.commit':
      yield [named('stop.committed'), bound(state, has)];
      return;
    case 'stop.committed': {
      // Quiet is where it may be acknowledged; a request after that is judged as one after the acknowledgement.
      const sending = state.attempts.some(({ row, age }) => row === 'sending' && age < 2);
      if (!sending || !has('stop.waits')) {
        yield [named('stop.acknowledged'), { ...state, stop: { ...stop, at: 'stop.acknowledged' } }];
      }
      return;
    }
    case 'stop.acknowledged':
    case 'died':
      return;
  }
}

function bound(state: State, has: Has): State {
  const attempts = state.attempts.map((attempt) => {
    if (attempt.row === 'claimed' && has('stop.revokes')) return { ...attempt, row: 'revoked' as const };
    const onItsWay = attempt.row === 'sending' || attempt.row === 'sent' || attempt.row === 'unknown';
    return onItsWay && has('stop.marks') ? { ...attempt, hangUp: true } : attempt;
  });
  return { ...state, attempts, stop: { at: 'stop.committed', binding: true } };
}

/** A process dies: what it had in memory is gone, and a transaction that it had open is rolled back. */
function* crashing(state: State): Generator<Next> {
  const { crashes } = state.left;
  if (crashes === 0) return;
  const left = { ...state.left, crashes: crashes - 1 };
  for (const [index, worker] of state.workers.entries()) {
    if (worker.at !== 'idle')
      yield [named('fault.crash', worker.of), { ...withWorker(state, index, IDLE), left }];
  }
  if (state.sweeper.at !== 'idle') yield [named('fault.crash'), { ...state, sweeper: AT_REST, left }];
  const { at } = state.stop;
  if (at === 'stop.commit' || at === 'stop.committed') {
    yield [named('fault.crash'), { ...state, stop: { ...state.stop, at: 'died' }, left }];
  }
}
