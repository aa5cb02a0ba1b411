import { createHash } from 'node:crypto';
import { createMiddleware } from 'hono/factory';
import type { Context } from 'hono';
import {
  claimIdempotencyKey,
  keepAnswer,
  releaseIdempotencyKey,
  renewIdempotencyLease,
  sweepIdempotencyKeys,
  LEASE_MS,
  STOP_LEASE_MS,
  type Claimed,
} from '../db/repositories/idempotency.ts';
import { RightcallError, conflict } from '../domain/failures.ts';
import type { ApiDeps } from './deps.ts';
import type { ApiEnv } from './env.ts';
import { ONCE, type OnceClaim } from './once.ts';

/** What a key may be; the operation's description says the same. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Headers of an answer that are part of it. */
const KEPT_HEADERS = ['content-type', 'etag', 'location'] as const;
/** A bulk answer for 1,000 items has some 300 KB; a larger answer is not kept, and its request not done again. */
const ANSWER_BYTES_MAX = 1024 ** 2;
/** Real ms between two looks for keys that are over, of one process. */
const SWEEP_EVERY_MS = 600_000;

interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Answer a write that was sent before under the same Idempotency-Key as it was answered then. The key is of the tenant
 * and of whoever asks. The database is asked only where the header was sent.
 *
 * Never twice: the transaction that does the work also notes that it is done (once.ts). What was refused, or failed
 * before it did anything, may be sent again under the same key at once. Where the process ended in the middle, it may
 * be sent again when its lease is over (30 s, of a stop 2 s): it is done then if it had not been, and is a conflict if it had been.
 * @param options.repeatable the operation brings about a state, so that doing it again is safe: it is done again
 * rather than refused where its answer was lost.
 */
export function idempotent(
  deps: ApiDeps,
  operationId: string,
  options: { readonly repeatable?: boolean } = {},
) {
  const repeatable = options.repeatable ?? false;
  const leaseMs = repeatable ? STOP_LEASE_MS : LEASE_MS;
  return createMiddleware<ApiEnv>(async (c, next) => {
    const key = c.req.header('idempotency-key');
    // One that is not a key is refused where the operation's headers are checked.
    if (key === undefined || !IDEMPOTENCY_KEY.test(key)) return next();
    const tenantId = c.get('tenantId');
    const place = {
      actor: c.get('actor'),
      keyHash: deps.vault.mac(tenantId, `idempotency-key|${digest(key)}`),
    };
    const claimed = await deps.db.single(tenantId, async (db) =>
      claimIdempotencyKey(db, {
        ...place,
        operation: operationId,
        fingerprint: deps.vault.mac(tenantId, `idempotent-request|${await fingerprintOf(c, operationId)}`),
        repeatable,
        leaseMs,
      }),
    );
    const label = `idempotency/${place.actor}/${place.keyHash.toString('hex')}`;
    if (claimed.kind === 'answered') {
      const kept = JSON.parse(deps.vault.openForTenant(tenantId, label, claimed.sealed)) as KeptAnswer;
      return new Response(kept.body, {
        status: kept.status,
        headers: { ...kept.headers, 'Idempotency-Replayed': 'true' },
      });
    }
    const held: OnceClaim = { tenantId, ...place, fence: mustHaveBegun(claimed), applied: false };
    const renewal = setInterval(() => {
      // Lost or not, the fence decides who may commit.
      deps.db.single(tenantId, (db) => renewIdempotencyLease(db, held, leaseMs)).catch(() => undefined);
    }, leaseMs / 3);
    renewal.unref();
    try {
      await ONCE.run(held, next);
    } finally {
      clearInterval(renewal);
    }
    await settle(deps, c, held, label);
    return undefined;
  });
}

/** Keep the answer, or give the key free. The work is done by now: what fails here must not make it look undone. */
async function settle(deps: ApiDeps, c: Context<ApiEnv>, held: OnceClaim, label: string): Promise<void> {
  const { status } = c.res;
  const answer = status < 400 || (held.applied && status < 500) ? await answerOf(c.res) : null;
  try {
    await deps.db.single(held.tenantId, async (db) => {
      if (answer === null) await releaseIdempotencyKey(db, held);
      else await keepAnswer(db, held, deps.vault.sealForTenant(held.tenantId, label, JSON.stringify(answer)));
      await sweepNowAndThen(deps, held.tenantId, () => sweepIdempotencyKeys(db));
    });
  } catch (error) {
    deps.logger.warn(
      { err: error, requestId: c.get('requestId') },
      'the answer could not be kept under its key',
    );
  }
}

async function answerOf(response: Response): Promise<KeptAnswer | null> {
  const body = await response.clone().text();
  if (body.length > ANSWER_BYTES_MAX) return null;
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  return { status: response.status, headers: Object.fromEntries(headers), body };
}

function mustHaveBegun(claimed: Exclude<Claimed, { kind: 'answered' }>): number {
  switch (claimed.kind) {
    case 'begun':
      return claimed.fence;
    case 'other_request':
      throw conflict('the Idempotency-Key was sent before with another request');
    case 'running':
      throw new RightcallError('conflict', 'the request of this Idempotency-Key is still under way', {
        retryAfterS: Math.max(1, Math.ceil(claimed.retryAfterMs / 1_000)),
      });
    case 'answer_lost':
      throw conflict(
        'the request of this Idempotency-Key was carried out, and its answer was lost; read what it was to change',
      );
  }
}

/** What makes two requests the same. A streamed upload is told by its length: its content is recognised by the import. */
async function fingerprintOf(c: Context<ApiEnv>, operationId: string): Promise<string> {
  const { pathname, search } = new URL(c.req.url);
  const isUpload = c.req.path.endsWith('/imports');
  const body = isUpload ? (c.req.header('content-length') ?? '') : digest(await c.req.text());
  const parts = [
    operationId,
    c.req.method,
    pathname,
    search,
    c.req.header('content-type') ?? '',
    c.req.header('if-match') ?? '',
    body,
  ];
  return digest(JSON.stringify(parts));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const lastSweepReal = new WeakMap<object, Map<string, number>>();

async function sweepNowAndThen(
  deps: ApiDeps,
  tenantId: string,
  sweep: () => Promise<unknown>,
): Promise<void> {
  const swept = lastSweepReal.get(deps.db) ?? new Map<string, number>();
  lastSweepReal.set(deps.db, swept);
  if (Date.now() - (swept.get(tenantId) ?? -Infinity) < SWEEP_EVERY_MS) return;
  swept.set(tenantId, Date.now());
  await sweep();
}
