import { isIP } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { RETRY_AFTER_MAX_MS, type DeliveryFault, type TryResult } from '../../domain/outgoing.ts';
import {
  AddressRefused,
  hostOf,
  mayConnect,
  pinnedLookup,
  resolveBySystem,
  type AddressPolicy,
  type ResolveHost,
} from './address.ts';

export interface WebhookSender {
  /** POST one message and say how it went; never throws. */
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<TryResult>;
  close(): Promise<void>;
}

export interface SenderOptions {
  readonly policy: AddressPolicy;
  readonly resolve?: ResolveHost;
  /** Real ms for the connection, and for the whole answer. */
  readonly connectTimeoutMs?: number;
  readonly timeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Standard Webhooks advises 15 to 30 s; the shorter frees what waits behind it. */
const TIMEOUT_MS = 15_000;
/** What a receiver answers beyond its status is of no use to us; this much is read, so that the connection can be kept. */
const BODY_MAX_BYTES = 1_024;

/** An HTTP client that reaches only where outgoing events may go, follows nothing, and waits for nobody long. */
export function createWebhookSender(options: SenderOptions): WebhookSender {
  const { policy } = options;
  const resolve = options.resolve ?? resolveBySystem;
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const agent = (plain: boolean) =>
    new Agent({
      connect: {
        timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
        lookup: pinnedLookup(policy, plain, resolve),
      },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // A name that now leads elsewhere is noticed within a minute.
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
    });
  const agents = { 'https:': agent(false), 'http:': agent(true) };

  async function post(
    text: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<TryResult> {
    const url = new URL(text);
    const plain = url.protocol === 'http:';
    const host = hostOf(url);
    // An address in the URL itself is never looked up.
    if (isIP(host) !== 0 && !mayConnect(policy, host, host, plain)) return failed('address');
    const {
      statusCode,
      headers: answered,
      body: answer,
    } = await request(url, {
      method: 'POST',
      headers: { ...headers, 'user-agent': 'Rightcall-Webhooks/1' },
      body,
      dispatcher: agents[plain ? 'http:' : 'https:'],
      signal: AbortSignal.timeout(timeoutMs),
    });
    await discard(answer);
    return resultOf(statusCode, answered['retry-after']);
  }

  return {
    post: async (url, headers, body) => {
      try {
        return await post(url, headers, body);
      } catch (error) {
        return failed(faultOf(error));
      }
    },
    close: async () => {
      await Promise.all([agents['https:'].destroy(), agents['http:'].destroy()]);
    },
  };
}

/** Read a little, and let go of a receiver that goes on talking: its status has said it all. */
async function discard(body: Dispatcher.ResponseData['body']): Promise<void> {
  body.on('error', () => undefined);
  try {
    await body.dump({ limit: BODY_MAX_BYTES });
  } catch {
    body.destroy();
  }
}

function failed(
  fault: DeliveryFault,
  status: number | null = null,
  retryAfterMs: number | null = null,
): TryResult {
  return { kind: 'failed', fault, status, retryAfterMs };
}

function resultOf(status: number, retryAfter: string | string[] | undefined): TryResult {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status === 410) return failed('gone', status);
  if (status >= 300 && status < 400) return failed('redirect', status);
  return failed('status', status, retryAfterMsOf([retryAfter].flat()[0], Date.now()));
}

/** Retry-After (RFC 9110): seconds, or a date. @returns real ms; null where it says nothing that can be used */
export function retryAfterMsOf(value: string | undefined, nowReal: number): number | null {
  if (value === undefined) return null;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowReal;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : null;
}

/** By type and code, never by text. */
function faultOf(error: unknown): DeliveryFault {
  if (error instanceof AddressRefused) return 'address';
  const { name, code, cause, errors } = error as {
    name?: string;
    code?: string;
    cause?: unknown;
    errors?: unknown;
  };
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout';
  if (code !== undefined && /TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout';
  if (code !== undefined && /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(code))
    return 'tls';
  if (Array.isArray(errors) && errors.length > 0) return faultOf(errors[0]);
  return cause === undefined || cause === null ? 'connection' : faultOf(cause);
}
