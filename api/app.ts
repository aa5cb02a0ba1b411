import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { requestId } from 'hono/request-id';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import type { Context } from 'hono';
import { RightcallError, invalidInput } from '../domain/failures.ts';
import { faultsOf } from '../domain/faults.ts';
import { Overloaded, countShed, tooMuchToDo } from './admission.ts';
import { refusingEarly, type EarlyRefusal } from './early-refusal.ts';
import { authenticate } from './auth.ts';
import type { ApiDeps } from './deps.ts';
import { onceDatabase } from './once.ts';
import { OPENAPI_INFO } from './openapi.ts';
import { isWrongMethod, methodsOf } from './paths.ts';
import type { ApiApp, ApiEnv } from './env.ts';
import { PROBLEMS, TooLarge, problemOf, type Problem } from './problems.ts';
import { OPERATIONS } from './routes/index.ts';
import { observed, templateOf } from './telemetry.ts';

/** Where each part of a request stands in a fault's `field`; the body's fields need no prefix. */
const PREFIX: Readonly<Record<string, string>> = {
  query: 'query.',
  param: 'path.',
  header: 'header.',
  cookie: 'cookie.',
};

/** The HTTP API over the database alone; it opens and listens to nothing. */
export function createApp(given: ApiDeps): ApiApp {
  return appOf(ownDeps(given));
}

/** The same, with what its server asks before it hands a request over. */
export function createServedApp(given: ApiDeps): { app: ApiApp; refuses: EarlyRefusal } {
  const deps = ownDeps(given);
  const shed = countShed();
  const refuses = refusingEarly(OPERATIONS, tooMuchToDo(deps), () => shed.add(1, { class: 'other' }));
  return { app: appOf(deps), refuses };
}

function ownDeps(given: ApiDeps): ApiDeps {
  return { ...given, db: onceDatabase(given.db) };
}

function appOf(deps: ApiDeps): ApiApp {
  const app: ApiApp = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const { data } = result as unknown as { data: unknown };
      throw invalidInput(faultsOf(result.error, data, PREFIX[result.target] ?? ''));
    },
  });
  app.use(requestId());
  app.use(observed(deps));
  app.use(secureHeaders());
  app.use(authenticate(deps));
  const json = bodyLimit({
    maxSize: deps.limits.bodyBytes,
    onError: () => {
      throw new TooLarge(deps.limits.bodyBytes);
    },
  });
  // Uploads are streamed to a file and counted there.
  app.use((c, next) => (c.req.path.endsWith('/imports') ? next() : json(c, next)));

  // GET /v1/contacts/search is not a contact of that id.
  app.use((c, next) =>
    isWrongMethod(OPERATIONS, c.req.path, c.req.method) ? Promise.resolve(c.notFound()) : next(),
  );
  for (const mount of OPERATIONS) mount(app, deps);
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer' });
  app.get('/openapi.json', (c) => c.json(app.getOpenAPI31Document(OPENAPI_INFO)));

  app.notFound((c) => {
    const methods = methodsOf(OPERATIONS, c.req.path);
    if (methods.length > 0) c.header('Allow', methods.join(', '));
    return answer(
      c,
      deps,
      methods.length > 0
        ? new HTTPException(405, { message: `${c.req.method} is not a method of this path` })
        : new RightcallError('not_found', `${c.req.method} on this path is not an operation of this API`),
    );
  });
  app.onError((error, c) => answer(c, deps, error));
  return app;
}

function answer(c: Context<ApiEnv>, deps: ApiDeps, error: unknown): Response {
  const parts = problemOf(error);
  const kind = PROBLEMS[parts.code];
  const requestIdValue = c.get('requestId');
  if (kind.status >= 500 && !(error instanceof Overloaded)) {
    deps.logger.error(
      { err: error, requestId: requestIdValue, method: c.req.method, route: templateOf(c) },
      kind.title,
    );
  }
  const body: Problem = {
    type: `urn:rightcall:problem:${parts.code}`,
    title: kind.title,
    status: kind.status,
    detail: parts.detail,
    code: parts.code,
    action: kind.action,
    requestId: requestIdValue,
    faults: [...parts.faults],
  };
  if (parts.retryAfterS !== null) c.header('Retry-After', String(parts.retryAfterS));
  return c.body(JSON.stringify(body), kind.status, { 'Content-Type': 'application/problem+json' });
}
