import { context as activeContext, propagation } from '@opentelemetry/api';
import { Pool, type Dispatcher } from 'undici';
import type { z } from 'zod';
import { invalidInput, messageOf, RightcallError } from '../../domain/failures.ts';
import type {
  BridgeResult,
  Carrier,
  CarrierCall,
  CarrierCapabilities,
  CarrierRejection,
  DialRequest,
  DialResult,
  LookupResult,
} from '../port.ts';
import { callEndOf } from './read-end.ts';
import {
  dialAnswerSchema,
  errorBodySchema,
  liveAnswerSchema,
  lookupAnswerSchema,
  pastAnswerSchema,
  type LookupAnswer,
} from './wire.ts';

export interface SimulatorCarrierConfig {
  /** `http://127.0.0.1:<port>` of a running simulator. */
  readonly baseUrl: string;
  /** The limits it was started with, so that the engine paces itself; null: none. */
  readonly maxCallsPerSecond?: number | null;
  readonly maxConcurrentCalls?: number | null;
  /** Real ms for everything but `dial`, which is told its own. Default 5,000. */
  readonly requestTimeoutMs?: number;
  /** Connections kept open. Default 64: dials wait for their own answers alone. */
  readonly connections?: number;
}

/** The simulator's adapter also lets go of its connections. */
export interface SimulatorCarrier extends Carrier {
  close(): Promise<void>;
}

/**
 * Errors that occur before anything is written: the request certainly never left. A reset or a closed
 * socket is not among them, since the carrier may have read the request before.
 */
const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** @throws RightcallError `invalid_input` when `baseUrl` is not an http URL */
export function createSimulatorCarrier(config: SimulatorCarrierConfig): SimulatorCarrier {
  const pool = new Pool(originOf(config.baseUrl), {
    connections: config.connections ?? 64,
    pipelining: 1,
    keepAliveTimeout: 30_000,
  });
  const requestTimeoutMs = config.requestTimeoutMs ?? 5_000;
  const capabilities: CarrierCapabilities = {
    dedupe: 'live',
    lookup: 'attempt',
    listsPast: true,
    events: 'push',
    listsLive: true,
    cancelWhileRinging: true,
    dtmf: true,
    answeringMachineDetection: true,
    bridge: true,
    play: true,
    listenIn: true,
    maxCallsPerSecond: config.maxCallsPerSecond ?? null,
    maxConcurrentCalls: config.maxConcurrentCalls ?? null,
  };

  const ask = async (
    method: 'GET' | 'POST',
    path: string,
    timeoutMs: number,
    body?: unknown,
  ): Promise<{ status: number; headers: Dispatcher.ResponseData['headers']; body: unknown }> => {
    const answer = await pool.request({
      method,
      path,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...traceHeaders(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, body: parseJson(text) };
  };

  const get = async <T>(path: string, schema: z.ZodType<T>): Promise<T | string> => {
    try {
      const answer = await ask('GET', path, requestTimeoutMs);
      const parsed = schema.safeParse(answer.body);
      return parsed.success
        ? parsed.data
        : `the carrier answered ${answer.status} and nothing that can be read`;
    } catch (error) {
      return messageOf(error);
    }
  };

  return {
    kind: 'simulator',
    capabilities: () => capabilities,
    dial: async (request: DialRequest, timeoutMs: number): Promise<DialResult> => {
      const { attemptId, to, from, ringTimeoutS, context } = request;
      try {
        const answer = await ask('POST', '/v1/calls', timeoutMs, {
          attemptId,
          to,
          from,
          ringTimeoutS,
          context,
        });
        return readDialAnswer(answer.status, answer.headers['retry-after'], answer.body);
      } catch (error) {
        const reason = codeOf(error) ?? messageOf(error);
        return NEVER_LEFT.has(reason) ? rejected('transient', reason) : { kind: 'unknown', reason };
      }
    },
    hangup: async (reference) => {
      try {
        const path = `/v1/calls/${encodeURIComponent(reference)}/hangup`;
        const answer = await ask('POST', path, requestTimeoutMs);
        return answer.status >= 200 && answer.status < 300;
      } catch {
        // The port's word for "could not be told"; the caller tries again or asks by look-up.
        return false;
      }
    },
    bridge: async (reference, agent): Promise<BridgeResult> => {
      try {
        const path = `/v1/calls/${encodeURIComponent(reference)}/bridge`;
        const { agentId, attemptId } = agent;
        return readBridgeAnswer((await ask('POST', path, requestTimeoutMs, { agentId, attemptId })).status);
      } catch {
        // Joined or not: asked again it says.
        return 'unknown';
      }
    },
    play: async (reference, { items, language }) => {
      try {
        const path = `/v1/calls/${encodeURIComponent(reference)}/play`;
        const { status } = await ask('POST', path, requestTimeoutMs, { items, language });
        return status === 200 || isGone(status);
      } catch {
        return false;
      }
    },
    lookup: async (attemptId): Promise<LookupResult> => {
      const found = await get(`/v1/calls/by-attempt/${encodeURIComponent(attemptId)}`, lookupAnswerSchema);
      return typeof found === 'string' ? { kind: 'unknown', reason: found } : readLookup(found);
    },
    listLive: async () => {
      const found = await get('/v1/calls?live=true', liveAnswerSchema);
      if (typeof found === 'string') {
        throw new RightcallError('unavailable', `the carrier could not list its calls: ${found}`);
      }
      return found.calls.map(({ attemptId, reference }) => ({ attemptId, reference }));
    },
    listSince: async function* (since): AsyncGenerator<CarrierCall> {
      for (let after = 0; ;) {
        const page = await get(`/v1/calls?since=${since}&after=${after}`, pastAnswerSchema);
        if (typeof page === 'string') {
          throw new RightcallError('unavailable', `the carrier could not list its past calls: ${page}`);
        }
        for (const { attemptId, to, acceptedAt, call } of page.calls) {
          const found = readLookup(call);
          if (found.kind === 'live' || found.kind === 'final') yield { attemptId, to, acceptedAt, found };
        }
        if (page.next === null) return;
        after = page.next;
      }
    },
    health: async () => {
      try {
        const answer = await ask('GET', '/v1/health', requestTimeoutMs);
        return { ok: answer.status === 200, detail: `status ${answer.status}` };
      } catch (error) {
        return { ok: false, detail: codeOf(error) ?? messageOf(error) };
      }
    },
    close: () => pool.close(),
  };
}

/** The carrier's own word that the call is over (410), or that it has none (404). */
function isGone(status: number): boolean {
  return status === 404 || status === 410;
}

function readBridgeAnswer(status: number): BridgeResult {
  if (status === 200) return 'joined';
  return isGone(status) ? 'gone' : 'unknown';
}

function readLookup(found: LookupAnswer): LookupResult {
  switch (found.status) {
    case 'not_found':
      return { kind: 'not_found' };
    case 'ended':
      return { kind: 'final', reference: found.reference, end: callEndOf(found.at, found.end) };
    case 'ringing':
    case 'answered':
      return { kind: 'live', reference: found.reference, status: found.status, since: found.since };
  }
}

/**
 * What an answer to a dial proves. An error is a refusal only where the carrier says `accepted: false`, or
 * for statuses that mean it by definition (4xx; 503 before any processing). A bare 500, 502 or 504 may come
 * from something between us and a carrier that did take the call.
 */
export function readDialAnswer(status: number, retryAfter: unknown, body: unknown): DialResult {
  if (status >= 200 && status < 300) {
    const taken = dialAnswerSchema.safeParse(body);
    if (!taken.success) return { kind: 'unknown', reason: `status ${status} without a reference` };
    const { reference, duplicate } = taken.data;
    return { kind: 'accepted', reference, ...(duplicate ? { duplicate } : {}) };
  }
  const said = errorBodySchema.safeParse(body);
  const code = said.success ? said.data.error.code : `status ${status}`;
  if (status === 429) {
    const ms = said.success ? said.data.retryAfterMs : undefined;
    return rejected('rate_limited', code, { retryAfterMs: ms ?? secondsToMs(retryAfter) });
  }
  if (status === 503 || (status >= 500 && said.success)) return rejected('transient', code);
  if (status >= 400 && status < 500 && status !== 408) {
    if (code === 'invalid_number' || code === 'blocked')
      return rejected('permanent', code, { outcome: code });
    return rejected(status === 401 || status === 403 ? 'auth' : 'permanent', code);
  }
  return { kind: 'unknown', reason: code };
}

function rejected(
  kind: CarrierRejection['kind'],
  reason: string,
  rest: Partial<CarrierRejection> = {},
): DialResult {
  return { kind: 'rejected', rejection: { kind, reason, retryAfterMs: null, outcome: null, ...rest } };
}

/** `Retry-After` in seconds (RFC 9110); the form with a date is not used by this carrier. */
function secondsToMs(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : null;
}

function codeOf(error: unknown): string | null {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** W3C trace context of what is being done, for the carrier's own traces; nothing where nobody traces. */
function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(activeContext.active(), headers);
  const { traceparent } = headers;
  return traceparent === undefined ? {} : { traceparent };
}

function originOf(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalidInput([
      { field: 'carrier.baseUrl', fault: 'is not an http URL', expected: 'such as http://127.0.0.1:7300' },
    ]);
  }
  return url.origin;
}
