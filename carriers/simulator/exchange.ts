import { createHash } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import { toIso } from '../../domain/time.ts';
import type { Calls } from './calls.ts';
import { isDown, requestFaults, type FaultSettings, type RequestFaults, type RequestKind } from './faults.ts';
import type { BridgeLine, DialLine, HangupLine, Journal, PlayLine, RequestLine } from './journal.ts';
import { scenarioFor, type PlanOf } from './plan.ts';
import type { SimulatorSettings } from './options.ts';
import { bridgeBodySchema, dialBodySchema, playBodySchema, type DialBody, type ErrorBody } from './wire.ts';

/** What to answer, and what to do to the answer. A `null` body is a gateway's page, not ours. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfterS: number | null;
  readonly delayMs: number;
  readonly lost: 'cut' | 'hanging' | null;
}

const E164 = /^\+[1-9]\d{6,14}$/;

/** Seconds that it takes to say a name or a number. */
const S_PER_ITEM = 3;

/** A window of one second, exact: a bucket that starts full would let twice the limit through at first. */
const RATE_WINDOW_MS = 1_000;

export interface Exchange {
  /** @param traceParent the request's W3C trace context, for the log */
  dial(raw: unknown, traceParent?: string): Answer;
  lookup(attemptId: string): Answer;
  hangUp(reference: string): Answer;
  /** Join an agent to an answered call. */
  bridge(reference: string, raw: unknown): Answer;
  /** Say something to an answered call, and then end it. */
  play(reference: string, raw: unknown): Answer;
  /** Null when the carrier answers; else the refusal that every request meets. */
  refusalIfDown(): Answer | null;
  faults(): FaultSettings;
  setFaults(faults: FaultSettings): void;
  counts(): Readonly<Record<string, number>>;
}

/** The carrier's behaviour without HTTP: every request is logged before its answer is known to anyone. */
export function createExchange(deps: {
  settings: SimulatorSettings;
  clock: Clock;
  calls: Calls;
  log: Journal<RequestLine>;
  faults: { current: FaultSettings; since: number };
  planOf: PlanOf;
}): Exchange {
  const { settings, clock, calls, log, faults, planOf } = deps;
  const turns = new Map<string, number>();
  const counts = new Map<string, number>();
  const acceptedAtMs: number[] = [];

  const faultsFor = (kind: RequestKind, key: string): RequestFaults => {
    // Turns are counted only while they matter, so that a long run without faults keeps nothing for them.
    const { serverError, slow, lostAnswer } = faults.current;
    if (serverError + slow.share + lostAnswer === 0) return { status: null, delayMs: 0, lost: null };
    const turn = (turns.get(`${kind} ${key}`) ?? 0) + 1;
    turns.set(`${kind} ${key}`, turn);
    return requestFaults(faults.current, settings.seed, kind, key, turn);
  };

  const write = (line: LineContent, simulatedMs: number = clock.now()): void => {
    const name = `${line.kind}.${line.result}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    log.append({ ...stamped(line.kind, Date.now(), simulatedMs), ...line });
  };

  const rateRefusalMs = (): number | null => {
    const limit = Math.min(
      settings.maxCallsPerSecond ?? Infinity,
      faults.current.maxCallsPerSecond ?? Infinity,
    );
    if (limit === Infinity) return null;
    const now = Date.now();
    while (acceptedAtMs.length > 0 && now - acceptedAtMs[0]! >= RATE_WINDOW_MS) acceptedAtMs.shift();
    return acceptedAtMs.length < limit ? null : acceptedAtMs[0]! + RATE_WINDOW_MS - now;
  };

  /** Why a request is not taken, or null; with what the log and the caller are told. */
  const refusalOf = (body: DialBody): { result: DialLine['result']; answer: Answer } | null => {
    const waitMs = rateRefusalMs();
    if (waitMs !== null) {
      return {
        result: 'rate_limited',
        answer: refusal(429, 'rate_limited', 'too many calls a second', waitMs),
      };
    }
    if (settings.maxConcurrentCalls !== null && calls.liveCount() >= settings.maxConcurrentCalls) {
      return { result: 'error', answer: refusal(503, 'no_circuit', 'no circuit available (Q.850 34)') };
    }
    const reject = scenarioFor(settings.scenarios, body.to, body.attemptId).reject;
    if (reject === 'blocked') {
      return { result: 'rejected', answer: refusal(403, 'blocked', 'this number is not called') };
    }
    if (reject === 'invalid_number' || !E164.test(body.to)) {
      return { result: 'rejected', answer: refusal(422, 'invalid_number', 'not a number that can be rung') };
    }
    return null;
  };

  const accept = (body: DialBody, traceParent: string | undefined): string => {
    const reference = referenceFor(settings.seed, body.attemptId);
    const startedAt = clock.now();
    const { attemptId, ringTimeoutS, to, context } = body;
    write(dialLine(body, 'accepted', 201, reference, null, traceParent), startedAt);
    // Only a limit reads this list, and prunes it.
    if (settings.maxCallsPerSecond !== null || faults.current.maxCallsPerSecond !== null) {
      acceptedAtMs.push(Date.now());
    }
    calls.begin({ attemptId, reference, startedAt, ringTimeoutS }, to, planOf(attemptId, to, context));
    return reference;
  };

  const down = (): Answer | null =>
    isDown(faults.current, Date.now() - faults.since) ? refusal(503, 'down', 'out of service') : null;

  /** Do something to a call that is up; its line is on record before anything comes of it. */
  const doTo = (
    kind: 'bridge' | 'play',
    reference: string,
    of: { agentId: string } | { items: string[]; lastsS: number },
    act: (at: number) => keyof typeof DONE,
  ): Answer => {
    const attemptId = calls.attemptOf(reference);
    const at = clock.now();
    const line = (result: BridgeLine['result'], status: number, reason: string | null): void =>
      write({ kind, attemptId, reference, result, status, reason, ...of } as LineContent, at);
    const wrong = faultsFor(kind, reference);
    const early = down() ?? brokenAnswer(wrong);
    if (early !== null) {
      line('error', early.status, 'fault');
      return early;
    }
    if (attemptId === null) {
      line('not_found', 404, null);
      return refusal(404, 'not_found', 'no such call');
    }
    const { result, status } = DONE[act(at)];
    line(result, status, null);
    if (result === 'not_answered') return refusal(status, result, 'nobody answered yet');
    if (result === 'ended') return refusal(status, result, 'the call is over');
    return after(wrong, status, { done: true, again: result === 'again' });
  };

  return {
    dial: (raw, traceParent) => {
      const parsed = dialBodySchema.safeParse(raw);
      if (!parsed.success) {
        write(dialLine(raw, 'rejected', 400, null, 'unreadable', traceParent));
        return unreadable(parsed.error.issues);
      }
      const body = parsed.data;
      const wrong = faultsFor('dial', body.attemptId);
      const early = down() ?? brokenAnswer(wrong);
      if (early !== null) {
        write(dialLine(body, 'error', early.status, null, 'fault', traceParent));
        return early;
      }
      const first = calls.referenceOf(body.attemptId);
      if (first !== null) {
        write(dialLine(body, 'duplicate', 200, first, null, traceParent));
        return after(wrong, 200, { reference: first, duplicate: true });
      }
      const refused = refusalOf(body);
      if (refused !== null) {
        const code = (refused.answer.body as ErrorBody).error.code;
        write(dialLine(body, refused.result, refused.answer.status, null, code, traceParent));
        return refused.answer;
      }
      const reference = accept(body, traceParent);
      return after(wrong, 201, { reference, duplicate: false });
    },
    lookup: (attemptId) => {
      const wrong = faultsFor('lookup', attemptId);
      const early = down() ?? brokenAnswer(wrong);
      if (early !== null) return early;
      const found = calls.lookup(attemptId);
      return after(wrong, found.status === 'not_found' ? 404 : 200, found);
    },
    hangUp: (reference) => {
      const attemptId = calls.attemptOf(reference);
      const line = (result: HangupLine['result'], status: number, reason: string | null): LineContent => ({
        kind: 'hangup',
        attemptId,
        reference,
        result,
        status,
        reason,
      });
      const wrong = faultsFor('hangup', reference);
      const early = down() ?? brokenAnswer(wrong);
      if (early !== null) {
        write(line('error', early.status, 'fault'));
        return early;
      }
      if (attemptId === null) {
        write(line('not_found', 404, null));
        return refusal(404, 'not_found', 'no such call');
      }
      // One instant for the log, the call and the event, so that a restart works out the same end.
      const at = clock.now();
      const live = calls.isLive(reference, at);
      write(line(live ? 'accepted' : 'already_ended', 200, null), at);
      calls.hangUp(reference, at);
      return after(wrong, 200, { ended: true, already: !live });
    },
    bridge: (reference, raw) => {
      const body = bridgeBodySchema.safeParse(raw);
      if (!body.success) return unreadable(body.error.issues);
      const { agentId } = body.data;
      return doTo('bridge', reference, { agentId }, (at) => calls.bridge(reference, agentId, at));
    },
    play: (reference, raw) => {
      const body = playBodySchema.safeParse(raw);
      if (!body.success) return unreadable(body.error.issues);
      const { items } = body.data;
      const lastsS = items.length * S_PER_ITEM;
      return doTo('play', reference, { items, lastsS }, (at) => calls.play(reference, lastsS, at));
    },
    refusalIfDown: down,
    faults: () => faults.current,
    setFaults: (next) => {
      faults.current = next;
      faults.since = Date.now();
    },
    counts: () => Object.fromEntries(counts),
  };
}

/** What doing something to a call came to, for the log and for whoever asked. */
const DONE = {
  joined: { result: 'accepted', status: 200 },
  playing: { result: 'accepted', status: 200 },
  again: { result: 'again', status: 200 },
  not_answered: { result: 'not_answered', status: 409 },
  ended: { result: 'ended', status: 410 },
} as const;

/** The beginning of every line, so that people find their way in it. */
function stamped(kind: RequestLine['kind'], realMs: number, simulatedMs: number) {
  return { kind, at: toIso(realMs), simulatedAt: toIso(simulatedMs) };
}

type Content<Line> = Omit<Line, 'at' | 'simulatedAt'>;
type LineContent = Content<DialLine> | Content<HangupLine> | Content<BridgeLine> | Content<PlayLine>;

function dialLine(
  raw: unknown,
  result: DialLine['result'],
  status: number,
  reference: string | null,
  reason: string | null,
  traceParent: string | undefined,
): Omit<DialLine, 'at' | 'simulatedAt'> {
  const body = (typeof raw === 'object' && raw !== null ? raw : {}) as Partial<
    Record<keyof DialBody, unknown>
  >;
  const text = (value: unknown): string | null => (typeof value === 'string' ? value.slice(0, 200) : null);
  const accepted = result === 'accepted';
  return {
    kind: 'dial',
    attemptId: text(body.attemptId),
    to: text(body.to),
    from: text(body.from),
    result,
    status,
    reference,
    reason,
    // Needed to take the call up again after a crash.
    ringTimeoutS: accepted ? (body.ringTimeoutS as number) : null,
    context: accepted ? (body.context as Record<string, string>) : null,
    ...(traceParent === undefined ? {} : { traceParent: traceParent.slice(0, 100) }),
  };
}

/** The same for a seed and an attempt, so that a repeated run's log can be compared line by line. */
function referenceFor(seed: string, attemptId: string): string {
  return `sim-${createHash('sha256').update(`${seed}\n${attemptId}`).digest('hex').slice(0, 20)}`;
}

function refusal(status: number, code: string, message: string, retryAfterMs?: number): Answer {
  const body: ErrorBody = {
    accepted: false,
    error: { code, message },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const retryAfterS = retryAfterMs === undefined ? null : Math.max(1, Math.ceil(retryAfterMs / 1000));
  return { status, body, retryAfterS, delayMs: 0, lost: null };
}

function unreadable(issues: readonly { path: readonly PropertyKey[]; message: string }[]): Answer {
  return refusal(400, 'unreadable', issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
}

function brokenAnswer(wrong: RequestFaults): Answer | null {
  if (wrong.status === null) return null;
  const answer = refusal(wrong.status, 'internal', 'a fault that was asked for');
  return wrong.status === 502 ? { ...answer, body: null } : answer;
}

function after(wrong: RequestFaults, status: number, body: unknown): Answer {
  return { status, body, retryAfterS: null, delayMs: wrong.delayMs, lost: wrong.lost };
}
