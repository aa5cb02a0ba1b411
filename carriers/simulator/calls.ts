import type { Clock } from '../../domain/clock.ts';
import type { EpochMs } from '../../domain/time.ts';
import { hungUp, NO_DEEDS, timelineOf, type CallDeeds, type CallStart } from './timeline.ts';
import type { CallPlan } from './plan.ts';
import type { LookupAnswer, PastAnswer, WireEnd, WireEvent } from './wire.ts';

/** Node's timers wrap around above this. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Past calls listed at once. */
const PAGE_CALLS = 500;

interface LiveCall {
  readonly start: CallStart;
  readonly plan: CallPlan;
  deeds: CallDeeds;
  events: readonly WireEvent[];
  /** How many of `events` have happened. */
  happened: number;
  timer: NodeJS.Timeout | null;
}

/** What is known of a call for good. */
interface Taken {
  readonly attemptId: string;
  readonly reference: string;
  readonly to: string;
  readonly acceptedAt: EpochMs;
}

interface EndedCall {
  readonly reference: string;
  readonly at: EpochMs;
  readonly end: WireEnd;
}

export interface Calls {
  begin(start: CallStart, to: string, plan: CallPlan): void;
  /** A call from before a restart whose end is on record. */
  restoreEnded(start: CallStart, to: string, ended: WireEvent): void;
  /** A call from before a restart that may be going on; `already` are the ids of its recorded events. */
  restoreLive(
    start: CallStart,
    to: string,
    plan: CallPlan,
    already: ReadonlySet<string>,
    done: CallDeeds & { readonly hungUpAt: EpochMs | null },
  ): void;
  referenceOf(attemptId: string): string | null;
  attemptOf(reference: string): string | null;
  lookup(attemptId: string): LookupAnswer;
  /** Whether a hang-up at `at` would find the call ringing or answered. */
  isLive(reference: string, at: EpochMs): boolean;
  /** End a call at `at`, which is now; nothing where it has ended. */
  hangUp(reference: string, at: EpochMs): void;
  /**
   * Join an agent to the call at `at`, which is now. @returns `again` where they are on it already; `not_answered` and
   * `ended` where nothing was done.
   */
  bridge(reference: string, agentId: string, at: EpochMs): 'joined' | 'again' | 'not_answered' | 'ended';
  /** Say something for so long from `at`, which is now, and end the call then. @returns as `bridge` */
  play(reference: string, lastsS: number, at: EpochMs): 'playing' | 'again' | 'not_answered' | 'ended';
  /** Calls taken at or after `since`, in their order. @param after place of the last one seen; 0: from the first */
  past(since: EpochMs, after: number): PastAnswer;
  live(): { attemptId: string; reference: string; status: 'ringing' | 'answered' }[];
  liveCount(): number;
  knownCount(): number;
  stop(): void;
}

/**
 * The calls this carrier has. A call is a timeline of events worked out at its start; timers only bring
 * each event up when its instant has come, and every question first brings the call up to now. So what is
 * answered depends on the clock and not on a timer's delay.
 * @param emit called once for each event, when its instant has come
 */
export function createCalls(clock: Clock, emit: (event: WireEvent) => void): Calls {
  const liveByReference = new Map<string, LiveCall>();
  const endedByAttempt = new Map<string, EndedCall>();
  const takenByAttempt = new Map<string, Taken>();
  const attemptByReference = new Map<string, string>();
  /** In the order in which they were taken. */
  const taken: Taken[] = [];

  const remember = ({ attemptId, reference, startedAt }: CallStart, to: string): void => {
    const call = { attemptId, reference, to, acceptedAt: startedAt };
    takenByAttempt.set(attemptId, call);
    attemptByReference.set(reference, attemptId);
    taken.push(call);
  };

  const finish = (call: LiveCall, ended: WireEvent): void => {
    if (call.timer !== null) clearTimeout(call.timer);
    liveByReference.delete(call.start.reference);
    const { reference, at } = ended;
    endedByAttempt.set(call.start.attemptId, { reference, at, end: ended.end! });
  };

  const bringUp = (call: LiveCall, now: EpochMs = clock.now()): void => {
    for (let next = call.events[call.happened]; next !== undefined && next.at <= now;) {
      call.happened += 1;
      if (next.type === 'ended') finish(call, next);
      emit(next);
      next = call.events[call.happened];
    }
  };

  const arm = (call: LiveCall): void => {
    const next = call.events[call.happened];
    if (next === undefined) return;
    const waitMs = Math.ceil(clock.toRealMs(next.at - clock.now()));
    call.timer = setTimeout(
      () => {
        bringUp(call);
        arm(call);
      },
      Math.min(Math.max(waitMs, 0), MAX_TIMER_MS),
    );
  };

  const follow = (
    start: CallStart,
    to: string,
    plan: CallPlan,
    deeds: CallDeeds = NO_DEEDS,
    events: readonly WireEvent[] = timelineOf(start, plan, deeds),
  ): LiveCall => {
    const call: LiveCall = { start, plan, deeds, events, happened: 0, timer: null };
    remember(start, to);
    liveByReference.set(start.reference, call);
    return call;
  };

  const statusOf = (call: LiveCall): { status: 'ringing' | 'answered'; since: EpochMs } => {
    const last = call.events
      .slice(0, call.happened)
      .findLast((e) => e.type !== 'dtmf' && e.type !== 'joined');
    // Between acceptance and the first ring the port knows no other word than ringing.
    return {
      status: last?.type === 'answered' ? 'answered' : 'ringing',
      since: last?.at ?? call.start.startedAt,
    };
  };

  const current = (reference: string, now?: EpochMs): LiveCall | undefined => {
    const call = liveByReference.get(reference);
    if (call !== undefined) bringUp(call, now);
    return liveByReference.get(reference);
  };

  /** Something is done to an answered call: what it has before it is another now. */
  const change = (call: LiveCall, deeds: CallDeeds, at: EpochMs): void => {
    if (call.timer !== null) clearTimeout(call.timer);
    call.deeds = deeds;
    call.events = timelineOf(call.start, call.plan, deeds);
    bringUp(call, at);
    if (liveByReference.has(call.start.reference)) arm(call);
  };

  const lookUp = (attemptId: string): LookupAnswer => {
    const reference = takenByAttempt.get(attemptId)?.reference;
    if (reference === undefined) return { status: 'not_found' };
    const call = current(reference);
    if (call !== undefined) return { reference, ...statusOf(call) };
    return { status: 'ended', ...endedByAttempt.get(attemptId)! };
  };

  return {
    begin: (start, to, plan) => arm(follow(start, to, plan)),
    restoreEnded: (start, to, ended) => {
      remember(start, to);
      endedByAttempt.set(start.attemptId, { reference: ended.reference, at: ended.at, end: ended.end! });
    },
    restoreLive: (start, to, plan, already, { hungUpAt, ...deeds }) => {
      let events = timelineOf(start, plan, deeds);
      if (hungUpAt !== null) {
        const before = events.filter((e) => e.type !== 'ended' && e.at <= hungUpAt);
        events = [...before, hungUp(start, before, hungUpAt)];
      }
      const call = follow(start, to, plan, deeds, events);
      // Events are recorded in order, so those on record are the first ones.
      call.happened = events.filter((e) => already.has(e.eventId)).length;
      bringUp(call);
      if (liveByReference.has(start.reference)) arm(call);
    },
    referenceOf: (attemptId) => takenByAttempt.get(attemptId)?.reference ?? null,
    attemptOf: (reference) => attemptByReference.get(reference) ?? null,
    lookup: lookUp,
    isLive: (reference, at) => current(reference, at) !== undefined,
    hangUp: (reference, at) => {
      const call = current(reference, at);
      if (call === undefined) return;
      const ended = hungUp(call.start, call.events.slice(0, call.happened), at);
      finish(call, ended);
      emit(ended);
    },
    bridge: (reference, agentId, at) => {
      const call = current(reference, at);
      if (call === undefined) return 'ended';
      if (statusOf(call).status !== 'answered') return 'not_answered';
      const { joins } = call.deeds;
      if (joins.at(-1)?.agentId === agentId) return 'again';
      change(call, { ...call.deeds, joins: [...joins, { at, agentId }] }, at);
      return 'joined';
    },
    play: (reference, lastsS, at) => {
      const call = current(reference, at);
      if (call === undefined) return 'ended';
      if (statusOf(call).status !== 'answered') return 'not_answered';
      if (call.deeds.played !== null) return 'again';
      change(call, { ...call.deeds, played: { at, lastsS } }, at);
      return 'playing';
    },
    past: (since, after) => {
      const calls: PastAnswer['calls'] = [];
      let place = after;
      for (; place < taken.length && calls.length < PAGE_CALLS; place++) {
        const { attemptId, to, acceptedAt } = taken[place]!;
        if (acceptedAt >= since) calls.push({ attemptId, to, acceptedAt, call: lookUp(attemptId) });
      }
      return { calls, next: place < taken.length ? place : null };
    },
    live: () => {
      for (const call of [...liveByReference.values()]) bringUp(call);
      return [...liveByReference.values()].map((call) => ({
        attemptId: call.start.attemptId,
        reference: call.start.reference,
        status: statusOf(call).status,
      }));
    },
    liveCount: () => liveByReference.size,
    knownCount: () => taken.length,
    stop: () => {
      for (const call of liveByReference.values()) if (call.timer !== null) clearTimeout(call.timer);
    },
  };
}
