import { createMiddleware } from 'hono/factory';
import { z, type RouteConfig, type RouteHandler } from '@hono/zod-openapi';
import type { Permission } from '../domain/access.ts';
import { readableBody } from './body.ts';
import { admitted, depsOf, workClassOf } from './admission.ts';
import type { ApiDeps } from './deps.ts';
import type { ApiApp, ApiEnv } from './env.ts';
import { IDEMPOTENCY_KEY, idempotent } from './idempotency.ts';
import { isStop, limited } from './limits.ts';
import { demandPermission } from './principal.ts';
import { problemResponses } from './problems.ts';

/** One route with its handler, ready to be mounted; a file under routes/ exports one. */
export interface Operation {
  (app: ApiApp, deps: ApiDeps): void;
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly permission: Permission | 'open';
}

/** Methods that change something: they take an Idempotency-Key. */
const WRITES = new Set(['post', 'put', 'patch', 'delete']);

/**
 * Tie a route's description to the permission it asks for and the code that answers it. What every operation has in
 * common is added here: the rate limit, the refusal of those who may not, of bodies that cannot be read and of query
 * fields that are not known, the Idempotency-Key of writes, the problems all may answer with.
 * @param permission 'open' for the few that ask for no credentials; their route says `security: []`.
 * @param options.idempotency 'none' for a POST that changes nothing (a search), or that has its own
 */
export function operation<R extends RouteConfig & { getRoutingPath(): string }>(
  route: R,
  permission: Permission | 'open',
  handler: (deps: ApiDeps) => RouteHandler<R, ApiEnv>,
  options: { readonly idempotency?: 'key' | 'none' } = {},
): Operation {
  const operationId = route.operationId ?? '';
  const takesKey =
    permission !== 'open' && WRITES.has(route.method) && (options.idempotency ?? 'key') === 'key';
  const traits = { operationId, method: route.method, permission };
  const takesBody = permission !== 'open' && route.request?.body !== undefined;
  const workClass = workClassOf({ ...traits, path: route.path });
  const mount = (app: ApiApp, given: ApiDeps) => {
    const deps = depsOf(given, workClass);
    const checks = [
      ...(permission === 'open' ? [] : [limited(given, traits), requirePermission(permission)]),
      ...(workClass === null ? [] : [admitted(given, workClass)]),
      ...(takesBody ? [readableBody(route)] : []),
      ...(takesKey ? [idempotent(deps, operationId, { repeatable: isStop(traits) })] : []),
    ];
    const common: object = {
      ...(permission === 'open' ? {} : { 'x-permission': permission }),
      request: {
        ...route.request,
        ...(permission === 'open' ? {} : { query: strictQuery(route) }),
        ...(takesKey ? { headers: withIdempotencyKey(route) } : {}),
      },
      responses: {
        ...(permission === 'open'
          ? {}
          : problemResponses(
              'unauthorized',
              'forbidden',
              'rate_limited',
              'invalid_input',
              ...(takesKey ? (['conflict'] as const) : []),
              ...(takesBody ? (['too_large', 'unsupported_media_type'] as const) : []),
            )),
        ...route.responses,
      },
      middleware: [...checks, ...[route.middleware ?? []].flat()],
    };
    const described: R = Object.assign({}, route, common);
    app.openapi(described, handler(deps));
  };
  return Object.assign(mount, { operationId, method: route.method, path: route.path, permission });
}

function requirePermission(permission: Permission) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    demandPermission(c.get('principal'), permission);
    await next();
  });
}

const idempotencyHeader = z
  .string()
  .regex(IDEMPOTENCY_KEY, 'is not an idempotency key; expected 1 to 255 visible ASCII characters')
  .optional()
  .openapi({
    description:
      'A name of your choosing for this very request, such as a UUID. Sent again within 24 hours it is answered as ' +
      'before and nothing is done twice; with another body it is a conflict.',
  });

function withIdempotencyKey(route: RouteConfig): z.ZodObject {
  const headers = route.request?.headers;
  const own = headers instanceof z.ZodObject ? headers : z.object({});
  return own.extend({ 'idempotency-key': idempotencyHeader });
}

/** A query with a field that the operation does not know is refused: a filter that is misspelt would show everything. */
function strictQuery(route: RouteConfig): z.ZodType {
  const query = route.request?.query;
  if (query === undefined) return z.strictObject({});
  return query instanceof z.ZodObject ? query.strict() : query;
}
