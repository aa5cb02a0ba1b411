import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import type { Database } from '../db/client.ts';
import { tenantBySlug } from '../db/repositories/tenants.ts';
import { ROLES, permissionsOf } from '../domain/access.ts';
import { RightcallError } from '../domain/failures.ts';
import { keyBookOf } from './access/key-book.ts';
import { tenantOfKey } from './access/key-text.ts';
import { createOidcVerifier, type OidcVerifier } from './access/oidc.ts';
import type { ApiDeps } from './deps.ts';
import type { ApiEnv } from './env.ts';
import type { Principal } from './principal.ts';

/** Paths that need no key: health, the API's description, and webhooks, which the carrier's signature opens. */
const OPEN = /^\/(health(\/live)?|healthz|readyz|metrics|openapi\.json|docs(\/.*)?)$|^\/v1\/webhooks\//;

/** A request's header could be megabytes; a token with a long list of groups has some kilobytes. */
const TOKEN_CHARACTERS_MAX = 16_384;

const digest = (text: string) => createHash('sha256').update(text).digest();

/**
 * `Authorization: Bearer <credentials>`: the key of the configuration, a key made by the API, or a token of the OIDC
 * issuer. Whoever it is stands for one tenant.
 */
export function authenticate(deps: ApiDeps): MiddlewareHandler<ApiEnv> {
  const principalOf = reader(deps);
  return async (c, next) => {
    if (OPEN.test(c.req.path)) return next();
    const principal = await principalOf(bearerOf(c)).catch((error: unknown) => {
      if (error instanceof RightcallError && error.code === 'unauthorized') {
        c.header('WWW-Authenticate', 'Bearer realm="rightcall", error="invalid_token"');
      }
      throw error;
    });
    c.set('tenantId', principal.tenantId);
    c.set('actor', principal.actor);
    c.set('principal', principal);
    return next();
  };
}

function bearerOf(c: Context<ApiEnv>): string {
  const match = /^Bearer +(\S+) *$/i.exec(c.req.header('authorization') ?? '');
  if (match !== null && match[1]!.length <= TOKEN_CHARACTERS_MAX) return match[1]!;
  c.header('WWW-Authenticate', 'Bearer realm="rightcall"');
  throw new RightcallError(
    'unauthorized',
    match === null ? 'no bearer token was sent' : 'the token is too long',
  );
}

function reader(deps: ApiDeps): (text: string) => Promise<Principal> {
  const configured = configuredKey(deps);
  const oidc: OidcVerifier | null =
    deps.oidc === undefined || deps.oidc === null
      ? null
      : createOidcVerifier(deps.oidc, rememberedTenants(deps.reserved?.access ?? deps.db));
  return async (text) => {
    const ofConfiguration = configured(text);
    if (ofConfiguration !== null) return ofConfiguration;
    if (tenantOfKey(text) !== null) return keyBookOf(deps).principalOf(text);
    if (oidc !== null && text.split('.').length === 3) return oidc.principalOf(text);
    throw new RightcallError('unauthorized', 'the API key is wrong');
  };
}

/** RIGHTCALL_API_KEY. Digests are compared, so that neither length nor content of it shows in the time taken. */
function configuredKey(deps: ApiDeps): (text: string) => Principal | null {
  if (deps.apiKey === null) return () => null;
  const expected = digest(deps.apiKey);
  const principal: Principal = {
    tenantId: deps.tenantId,
    actor: 'key:configuration',
    roles: ROLES,
    permissions: permissionsOf(ROLES),
    limitKey: 'configuration',
    keyId: null,
  };
  return (text) => (timingSafeEqual(digest(text), expected) ? principal : null);
}

/** Ids of tenants by slug. A tenant keeps its slug, so one that was found need not be looked up again. */
function rememberedTenants(db: Database): (slug: string) => Promise<string | null> {
  const found = new Map<string, string>();
  return async (slug) => {
    const known = found.get(slug);
    if (known !== undefined) return known;
    const tenantId = await tenantBySlug(db, slug);
    if (tenantId !== null) found.set(slug, tenantId);
    return tenantId;
  };
}
