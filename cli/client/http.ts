import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';
import { ERROR_CODES, RightcallError, messageOf, type ErrorCode, type Fault } from '../../domain/failures.ts';
import type { Connection } from './connection.ts';

export interface RequestParts {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly stream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiClient {
  /** @throws RightcallError with the code of the API's problem; `unavailable` where nothing answers. */
  send<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, parts?: RequestParts): Promise<T>;
  close(): Promise<void>;
}

/** Codes that only HTTP knows, as the domain would say them. */
const AS_DOMAIN: Readonly<Record<string, ErrorCode>> = {
  precondition_required: 'invalid_input',
  too_large: 'invalid_input',
  unsupported_media_type: 'invalid_input',
  method_not_allowed: 'internal',
};

/** An import answers when its last row is stored, and a stop when its scope is quiet: no time-out of ours ends them. */
export function createApiClient(connection: Connection): ApiClient {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5_000 } });
  return {
    send: async <T>(method: Dispatcher.HttpMethod, path: string, parts: RequestParts = {}) => {
      const query = new URLSearchParams();
      for (const [key, value] of Object.entries(parts.query ?? {})) {
        if (value !== undefined) query.set(key, String(value));
      }
      const search = query.size === 0 ? '' : `?${query.toString()}`;
      const answer = await answerOf(connection, () =>
        request(`${connection.url}${path}${search}`, {
          method,
          dispatcher: agent,
          headers: {
            authorization: `Bearer ${connection.apiKey}`,
            ...(parts.json === undefined ? {} : { 'content-type': 'application/json' }),
            ...(parts.stream === undefined ? {} : { 'content-type': 'application/octet-stream' }),
            ...parts.headers,
          },
          body: parts.stream ?? (parts.json === undefined ? null : JSON.stringify(parts.json)),
        }),
      );
      if (answer.status >= 400) throw problem(answer);
      return answer.body as T;
    },
    close: () => agent.destroy(),
  };
}

interface Received {
  readonly status: number;
  readonly body: unknown;
}

async function answerOf(
  connection: Connection,
  send: () => Promise<Dispatcher.ResponseData>,
): Promise<Received> {
  try {
    const response = await send();
    const text = await response.body.text();
    return { status: response.statusCode, body: text === '' ? null : (JSON.parse(text) as unknown) };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it does not speak the API' : messageOf(error);
    throw new RightcallError('unavailable', `${connection.url} cannot be talked to: ${why}`, {
      cause: error,
    });
  }
}

function problem(answer: Received): RightcallError {
  const { code, detail, requestId, faults } = (answer.body ?? {}) as {
    code?: string;
    detail?: string;
    requestId?: string;
    faults?: Fault[];
  };
  const known = ERROR_CODES.find((one) => one === code) ?? AS_DOMAIN[code ?? ''] ?? 'internal';
  const named = (faults ?? []).map((f) => `${f.field} ${f.fault}; expected ${f.expected}`).join('. ');
  // The detail of bad input repeats its faults; that of a refusal says what they refuse.
  const text =
    named === ''
      ? (detail ?? `HTTP ${answer.status}`)
      : known === 'invalid_input'
        ? named
        : `${detail}: ${named}`;
  const where = answer.status >= 500 && requestId !== undefined ? ` (request ${requestId})` : '';
  return new RightcallError(known, text + where, { faults: faults ?? [] });
}
