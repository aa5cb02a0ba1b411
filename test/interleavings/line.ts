import type { Carrier, DialRequest, DialResult } from '../../carriers/port.ts';
import { readDialAnswer } from '../../carriers/simulator/adapter.ts';
import { createCalls } from '../../carriers/simulator/calls.ts';
import { createExchange } from '../../carriers/simulator/exchange.ts';
import { parseFaults } from '../../carriers/simulator/faults.ts';
import type { RequestLine } from '../../carriers/simulator/journal.ts';
import { modelWith } from '../../carriers/simulator/model.ts';
import { parseSimulatorOptions } from '../../carriers/simulator/options.ts';
import { planCall } from '../../carriers/simulator/plan.ts';
import { callEndOf } from '../../carriers/simulator/read-end.ts';
import type { LookupAnswer, WireEvent } from '../../carriers/simulator/wire.ts';
import type { Clock } from '../../domain/clock.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { Draws } from './draws.ts';
import { stand } from './turns.ts';

/** The gap: the process has looked at its own age, and the request has not left. */
export const GAP = 'send.gap';

/** A request that left, whether or not it arrived, in the order in which things happened. */
export interface Request {
  readonly seq: number;
  readonly attemptId: string;
}

export interface Line {
  readonly carrier: Carrier;
  readonly requests: readonly Request[];
  /** The exchange's own log: what arrived. */
  readonly log: readonly RequestLine[];
  /** Events that happened and were not delivered. */
  readonly events: WireEvent[];
  /** The first request is held back for long, within its lease. */
  readonly slow: boolean;
  /** Requests that the network holds: each arrives when it is called. */
  readonly onTheWire: (() => void)[];
  /** The carrier's clock has moved: what has happened since is in `events`. */
  bringUp(): void;
  /** Attempts whose phone rings. */
  ringing(): readonly string[];
  liveCount(): number;
  /** From now on every answer comes. */
  calm(): void;
  close(): void;
}

const SETTINGS = parseSimulatorOptions({ logFile: 'none' });
const MODEL = modelWith(SETTINGS.model);

/** The simulator's exchange without its server: what a request meets is drawn from the interleaving's seed. */
export function openLine(clock: Clock, draws: Draws, nextSeq: () => number, slow: boolean): Line {
  const log: RequestLine[] = [];
  const requests: Request[] = [];
  const events: WireEvent[] = [];
  const onTheWire: (() => void)[] = [];
  const calls = createCalls(clock, (event) => events.push(event));
  const exchange = createExchange({
    settings: SETTINGS,
    clock,
    calls,
    log: { append: (...lines) => void log.push(...lines), close: () => undefined },
    faults: { current: parseFaults(''), since: 0 },
    planOf: (attemptId, _to, context) => planCall(SETTINGS.seed, attemptId, context, MODEL),
  });
  let calm = false;
  const lost = (reason: string): DialResult => ({ kind: 'unknown', reason });
  const ask = (request: DialRequest): DialResult => {
    const { status, body } = exchange.dial(request);
    return readDialAnswer(status, undefined, body);
  };

  const carrier: Carrier = {
    kind: 'simulator',
    capabilities: () => ({
      dedupe: 'none',
      lookup: 'attempt',
      listsPast: false,
      events: 'push',
      listsLive: true,
      cancelWhileRinging: true,
      dtmf: true,
      answeringMachineDetection: true,
      bridge: false,
      play: false,
      listenIn: false,
      maxCallsPerSecond: null,
      maxConcurrentCalls: null,
    }),
    dial: async (request) => {
      await stand(GAP, request.attemptId);
      requests.push({ seq: nextSeq(), attemptId: request.attemptId });
      const fate = calm ? 1 : draws.next();
      if (fate < 0.06) return lost('the network lost it');
      if (fate < 0.2 || (slow && requests.length === 1)) {
        onTheWire.push(() => ask(request));
        return lost('no answer in time');
      }
      if (fate < 0.27) {
        // Refused by the number, by the line, or by the account.
        const of = draws.pick([
          { status: 422, body: { accepted: false, error: { code: 'invalid_number', message: '' } } },
          { status: 503, body: { accepted: false, error: { code: 'no_circuit', message: '' } } },
        ]);
        return readDialAnswer(of.status, undefined, of.body);
      }
      const answer = ask(request);
      await stand('carrier.taken', request.attemptId);
      return fate < 0.45 ? lost('the answer was lost') : answer;
    },
    hangup: async (reference) => {
      if (!calm && draws.chance(0.1)) return false;
      return exchange.hangUp(reference).status === 200;
    },
    bridge: async () => 'unknown',
    play: async () => false,
    lookup: async (attemptId) => {
      if (!calm && draws.chance(0.1)) return { kind: 'unknown', reason: 'down' };
      const found = exchange.lookup(attemptId).body as LookupAnswer;
      if (found.status === 'not_found') return { kind: 'not_found' };
      if (found.status === 'ended')
        return { kind: 'final', reference: found.reference, end: callEndOf(found.at, found.end) };
      return { kind: 'live', reference: found.reference, status: found.status, since: found.since };
    },
    listLive: async () => calls.live(),
    listSince: () => {
      throw new RightcallError('unavailable', 'this line lists no past calls');
    },
    health: async () => ({ ok: true, detail: '' }),
  };
  return {
    slow,
    carrier,
    requests,
    log,
    events,
    onTheWire,
    bringUp: () => void calls.live(),
    ringing: () => calls.live().flatMap(({ attemptId, status }) => (status === 'ringing' ? [attemptId] : [])),
    liveCount: () => calls.live().length,
    calm: () => {
      calm = true;
    },
    close: () => calls.stop(),
  };
}
