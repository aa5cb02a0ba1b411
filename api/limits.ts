import { createMiddleware } from 'hono/factory';
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Permission } from '../domain/access.ts';
import { RightcallError } from '../domain/failures.ts';
import type { ApiEnv } from './env.ts';

/**
 * Requests that one key (or one person with a token) may make of one process: so many a second for as long as it
 * likes, and once in every ten seconds as many more as make up `burst` at once. Counted in memory: two processes let
 * through twice as many.
 */
export interface RateLimit {
  readonly perSecond: number;
  /** Requests at once at the most; not below `perSecond`. */
  readonly burst: number;
}

/** Real seconds over which what exceeds the steady rate is counted. */
const BURST_WINDOW_S = 10;

interface Limiter {
  readonly policy: string;
  /** @returns what is left of this second, or how long to wait, real ms. */
  take(key: string): Promise<{ allowed: boolean; remaining: number; resetMs: number }>;
}

const limiters = new WeakMap<object, Limiter>();

/** The one limiter of these dependencies: every operation counts in it. */
function limiterOf(deps: object, limit: RateLimit): Limiter {
  const limiter = limiters.get(deps) ?? createLimiter(limit);
  limiters.set(deps, limiter);
  return limiter;
}

function createLimiter({ perSecond, burst }: RateLimit): Limiter {
  const steady = new RateLimiterMemory({ keyPrefix: 'steady', points: perSecond, duration: 1 });
  const extra = Math.max(0, burst - perSecond);
  const limiter =
    extra === 0
      ? steady
      : new BurstyRateLimiter(
          steady,
          new RateLimiterMemory({ keyPrefix: 'burst', points: extra, duration: BURST_WINDOW_S }),
        );
  return {
    policy: `"steady";q=${perSecond};w=1, "burst";q=${Math.max(burst, perSecond)};w=${BURST_WINDOW_S}`,
    take: async (key) => {
      try {
        const result = await limiter.consume(key);
        return { allowed: true, remaining: result?.remainingPoints ?? 0, resetMs: result?.msBeforeNext ?? 0 };
      } catch (rejected) {
        // It throws its result where there is nothing left, and an Error where it failed.
        if (!(rejected instanceof RateLimiterRes)) throw rejected;
        return { allowed: false, remaining: 0, resetMs: rejected.msBeforeNext };
      }
    },
  };
}

/** What an operation must be to be a stop. */
export interface OperationTraits {
  readonly operationId: string;
  readonly method: string;
  readonly permission: Permission | 'open';
}

/** Permissions that are asked for by stops alone. */
const STOP_PERMISSIONS: readonly string[] = [
  'campaigns.stop',
  'consents.withdraw',
  'suppressions.add',
  'dialling.stop',
  'installation.stop',
] satisfies Permission[];

/** It ends or holds back dialling: never limited, and safe to be done again. */
export function isStop({ operationId, method, permission }: OperationTraits): boolean {
  const named = /^(stop|pause|withdraw|suppress|addSuppression)/.test(operationId);
  return method === 'post' && (named || STOP_PERMISSIONS.includes(permission));
}

/** Refuse what goes over the rate of its key. Headers as in draft-ietf-httpapi-ratelimit-headers. */
export function limited(deps: { readonly rateLimit?: RateLimit | null }, operation: OperationTraits) {
  const { rateLimit } = deps;
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (rateLimit === undefined || rateLimit === null || isStop(operation)) return next();
    const limiter = limiterOf(deps, rateLimit);
    const { tenantId, limitKey } = c.get('principal');
    const { allowed, remaining, resetMs } = await limiter.take(`${tenantId}/${limitKey}`);
    const resetS = Math.max(1, Math.ceil(resetMs / 1_000));
    c.header('RateLimit-Policy', limiter.policy);
    c.header('RateLimit', `"steady";r=${remaining};t=${resetS}`);
    if (!allowed) {
      throw new RightcallError('rate_limited', 'this key has made too many requests', {
        retryAfterS: resetS,
      });
    }
    return next();
  });
}
