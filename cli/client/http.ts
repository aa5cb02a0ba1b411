import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import type { Connection } from './connection.ts';
import { problemError } from './problem.ts';
import { retryAfterSOf, retryDelayMs, type Outcome } from './retry.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type QueryValue = string | number | boolean | undefined;

export interface RequestParts {
  readonly query?: Readonly<Record<string, QueryValue | readonly QueryValue[]>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, once. */
  readonly stream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
  /** What a field of the request is called where the caller gave it; problems name it so. */
  readonly nameOf?: (field: string) => string;
}

/** An answer that is read as it comes. */
export interface OpenAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Readable;
}

export interface ApiClient {
  readonly url: string;
  /** @throws RightcallError with the code of the API's problem; `unavailable` where nothing answers. */
  send<T>(method: Method, path: string, parts?: RequestParts): Promise<T>;
  /** As `send`, but the body of a good answer is the caller's to read. */
  open(method: Method, path: string, parts?: RequestParts): Promise<OpenAnswer>;
  close(): Promise<void>;
}

interface ClientOptions {
  readonly sleep: (ms: number) => Promise<unknown>;
  /** A new Idempotency-Key. */
  readonly newKey: () => string;
  readonly version: string;
  /** Language of the sentences in answers, as Accept-Language has it. */
  readonly language?: string;
}

/**
 * A write carries an Idempotency-Key, so that it can be sent again after a lost connection. An import answers when its
 * last row is stored, and a stop when its scope is quiet: no time-out of ours ends them.
 */
export function createApiClient(connection: Connection, options: ClientOptions): ApiClient {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5_000 } });
  const open = async (
    method: Method,
    path: string,
    parts: RequestParts = {},
  ): Promise<Dispatcher.ResponseData> => {
    const headers = {
      'idempotency-key': options.newKey(),
      ...headersOf(connection, options, method, parts),
    } as Record<string, string>;
    if (method === 'GET') delete headers['idempotency-key'];
    for (let tries = 1; ; tries++) {
      const result = await attempt(() =>
        request(`${connection.url}${path}${searchOf(parts.query ?? {})}`, {
          method,
          dispatcher: agent,
          headers,
          body: parts.stream ?? (parts.json === undefined ? null : JSON.stringify(parts.json)),
        }),
      );
      const waitMs = parts.stream === undefined ? retryDelayMs(result.outcome, tries) : null;
      if (result.response === null) {
        if (waitMs === null || !isLost(result.error)) throw unreachable(connection, result.error);
      } else {
        if (waitMs === null) return result.response;
        await result.response.body.dump();
      }
      await options.sleep(waitMs);
    }
  };
  return {
    url: connection.url,
    send: async <T>(method: Method, path: string, parts: RequestParts = {}) => {
      const response = await open(method, path, parts);
      const body = await jsonOf(connection, response);
      if (response.statusCode >= 400) throw problemOf(response, body, parts);
      return body as T;
    },
    open: async (method, path, parts = {}) => {
      const response = await open(method, path, parts);
      if (response.statusCode >= 400) throw problemOf(response, await jsonOf(connection, response), parts);
      return {
        status: response.statusCode,
        contentType: textOf(response.headers['content-type']) ?? '',
        body: response.body,
      };
    },
    close: () => agent.destroy(),
  };
}

function headersOf(
  connection: Connection,
  options: ClientOptions,
  method: Method,
  parts: RequestParts,
): Record<string, string> {
  return {
    authorization: `Bearer ${connection.apiKey}`,
    'user-agent': `rightcall/${options.version}`,
    accept: 'application/json',
    'accept-language': options.language ?? 'en',
    ...(parts.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...(parts.stream === undefined ? {} : { 'content-type': 'application/octet-stream' }),
    ...parts.headers,
  };
}

function searchOf(query: NonNullable<RequestParts['query']>): string {
  const search = new URLSearchParams();
  for (const [key, given] of Object.entries(query)) {
    for (const value of Array.isArray(given) ? (given as QueryValue[]) : [given as QueryValue]) {
      if (value !== undefined) search.append(key, String(value));
    }
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}

type Attempt =
  | { readonly response: Dispatcher.ResponseData; readonly error: null; readonly outcome: Outcome }
  | { readonly response: null; readonly error: unknown; readonly outcome: Outcome };

async function attempt(send: () => Promise<Dispatcher.ResponseData>): Promise<Attempt> {
  try {
    const response = await send();
    const retryAfterS = retryAfterSOf(textOf(response.headers['retry-after']), Date.now());
    return { response, error: null, outcome: { kind: 'answered', status: response.statusCode, retryAfterS } };
  } catch (error) {
    return { response: null, error, outcome: { kind: 'lost' } };
  }
}

/** A connection that was there and ended. Where there was none, waiting a moment rarely helps whoever is waiting. */
const LOST = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ETIMEDOUT']);

function isLost(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && LOST.has(code);
}

async function jsonOf(connection: Connection, response: Dispatcher.ResponseData): Promise<unknown> {
  try {
    const text = await response.body.text();
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch (error) {
    // Something before the API that has no JSON for its refusals still has a status.
    if (response.statusCode >= 400) return null;
    throw unreachable(connection, error);
  }
}

function unreachable(connection: Connection, error: unknown): RightcallError {
  const why = error instanceof SyntaxError ? 'it does not speak the API' : messageOf(error);
  return new RightcallError('unavailable', `${connection.url} cannot be talked to: ${why}`, { cause: error });
}

function problemOf(response: Dispatcher.ResponseData, body: unknown, parts: RequestParts): RightcallError {
  const retryAfterS = retryAfterSOf(textOf(response.headers['retry-after']), Date.now());
  return problemError({ status: response.statusCode, body, retryAfterS }, parts.nameOf ?? ((field) => field));
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
