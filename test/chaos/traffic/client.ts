import { appendFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { AgentsApi } from '../../../cli/local/agents/api.ts';
import type { AckLine } from '../evidence.ts';
import { APIS, type ApiName } from '../fleet/members.ts';

/** What a stop, or what allows again, is about: the part of its line that its sender knows. */
export type Asked = Pick<AckLine, 'effect' | 'operation' | 'scope' | 'targetId'> &
  Partial<Pick<AckLine, 'purposes' | 'campaignId'>>;

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** From the first try to the last answer, and of the try that was answered alone; real ms. */
  readonly inAllMs: number;
  readonly lastTryMs: number;
}

/** A client of both APIs, as a customer's own system is one: it tries elsewhere when one does not answer. */
export interface ApiClient extends AgentsApi {
  /** @throws when it is refused, or nobody answers within `patienceMs` */
  made(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>>;
  /** Ask for a stop or its end, again and again until it is answered; every try is put on record. */
  ask(asked: Asked, path: string, body: unknown): Promise<Answered | null>;
}

/** Real ms: longer than a stop may take, shorter than a frozen process stays frozen. */
const TRY_MS = 6_000;
/** A client gives up after this long (real); what is not acknowledged then promises nothing. */
const PATIENCE_MS = 45_000;
const PAUSE_MS = 250;

interface OneAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  /** It was not carried out, or by another try whose answer is not known yet: `Retry-After` says so. */
  readonly askAgain: boolean;
}

export function createClient(options: {
  readonly urls: Readonly<Record<ApiName, string>>;
  readonly apiKey: string;
  readonly acksFile: string;
  readonly tenantId: () => string;
  readonly patienceMs?: number;
}): ApiClient & { close(): Promise<void> } {
  const agent = new Agent({
    connections: 32,
    headersTimeout: TRY_MS,
    bodyTimeout: TRY_MS,
    connectTimeout: 2_000,
  });
  const patienceMs = options.patienceMs ?? PATIENCE_MS;
  let turn = 0;

  const once = async (
    name: ApiName,
    method: string,
    path: string,
    body: unknown,
    key: string,
    apiKey: string = options.apiKey,
  ): Promise<OneAnswer | null> => {
    const text = typeof body === 'string';
    try {
      const answer = await request(`${options.urls[name]}${path}`, {
        dispatcher: agent,
        method: method as 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(method === 'GET' ? {} : { 'idempotency-key': key }),
          ...(body === undefined ? {} : { 'content-type': text ? 'text/csv' : 'application/json' }),
        },
        ...(body === undefined ? {} : { body: text ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(TRY_MS),
      });
      const raw = await answer.body.text();
      return {
        status: answer.statusCode,
        body: raw === '' ? {} : (JSON.parse(raw) as Record<string, unknown>),
        askAgain: answer.statusCode >= 500 || answer.headers['retry-after'] !== undefined,
      };
    } catch {
      return null;
    }
  };

  const insist = async (
    method: string,
    path: string,
    body: unknown,
    note: (tried: { name: ApiName; key: string; sentReal: number; answer: OneAnswer | null }) => void,
    /** What may be done twice without harm need not wait for a try that died under way. */
    twice: 'never' | 'harmless' = 'never',
  ): Promise<Answered | null> => {
    const key = randomUUID();
    const first = Date.now();
    for (;;) {
      const name = APIS[turn++ % APIS.length]!;
      const sentReal = Date.now();
      const answer = await once(name, method, path, body, twice === 'never' ? key : randomUUID());
      note({ name, key, sentReal, answer });
      if (answer?.askAgain === false) {
        const now = Date.now();
        return { status: answer.status, body: answer.body, inAllMs: now - first, lastTryMs: now - sentReal };
      }
      if (Date.now() - first > patienceMs) return null;
      await delay(PAUSE_MS);
    }
  };

  return {
    // One try, at whichever comes next: people look again by themselves.
    call: async (as, method, path, body) => {
      const name = APIS[turn++ % APIS.length]!;
      return once(name, method, path, body, randomUUID(), as ?? options.apiKey);
    },
    made: async (method, path, body) => {
      let last = '';
      const answer = await insist(method, path, body, ({ answer: got }) => {
        last = got === null ? 'no answer' : `${got.status} ${JSON.stringify(got.body)}`;
      });
      if (answer === null || answer.status >= 400) throw new Error(`${method} ${path}: ${last}`);
      return answer.body;
    },
    ask: (asked, path, body) =>
      insist(
        'POST',
        path,
        body,
        ({ name, key, sentReal, answer }) => {
          const stop = stopOf(answer?.body);
          const line: AckLine = {
            purposes: [],
            campaignId: null,
            ...asked,
            tenantId: options.tenantId(),
            sentReal,
            receivedReal: answer === null ? null : Date.now(),
            status: answer?.status ?? null,
            requestKey: key,
            ...stop,
            process: name,
          };
          appendFileSync(options.acksFile, `${JSON.stringify(line)}\n`);
        },
        asked.effect === 'lift' ? 'harmless' : 'never',
      ),
    close: () => agent.destroy(),
  };
}

/** What the answer says of the stop; nothing where there is none. */
function stopOf(body: OneAnswer['body'] | undefined): Pick<AckLine, 'stopId' | 'complete'> {
  const stop = body?.['stop'] as { readonly stopId: string; readonly complete: boolean } | undefined;
  return { stopId: stop?.stopId ?? null, complete: stop?.complete ?? null };
}
