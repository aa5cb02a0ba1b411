import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { ROLES, permissionsOf } from '../domain/access.ts';
import { RightcallError } from '../domain/failures.ts';
import type { ApiDeps } from './deps.ts';
import type { ApiEnv } from './env.ts';
import type { Principal } from './principal.ts';

/** Paths that need no key: health, the API's description, and webhooks, which the carrier's signature opens. */
const OPEN = /^\/(health(\/live)?|healthz|readyz|metrics|openapi\.json|docs(\/.*)?)$|^\/v1\/webhooks\//;

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * `Authorization: Bearer <API key>`; the key stands for its tenant. Digests are compared, so that neither length
 * nor content of the key shows in the time taken.
 */
export function authenticate(deps: Pick<ApiDeps, 'apiKey' | 'tenantId'>): MiddlewareHandler<ApiEnv> {
  const expected = digest(deps.apiKey);
  const principal: Principal = {
    tenantId: deps.tenantId,
    actor: 'key:configuration',
    roles: ROLES,
    permissions: permissionsOf(ROLES),
    limitKey: 'configuration',
    keyId: null,
  };
  return async (c, next) => {
    if (OPEN.test(c.req.path)) return next();
    const match = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '');
    if (match === null || !timingSafeEqual(digest(match[1]!), expected)) {
      c.header('WWW-Authenticate', 'Bearer realm="rightcall"');
      throw new RightcallError(
        'unauthorized',
        match === null ? 'no bearer token was sent' : 'the API key is wrong',
      );
    }
    c.set('tenantId', principal.tenantId);
    c.set('actor', principal.actor);
    c.set('principal', principal);
    return next();
  };
}
