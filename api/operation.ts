import type { OpenAPIHono, RouteConfig, RouteHandler } from '@hono/zod-openapi';
import type { ApiDeps } from './deps.ts';

export interface ApiEnv {
  Variables: {
    requestId: string;
    tenantId: string;
    /** Who asks, as it is recorded with what they change. */
    actor: string;
  };
}

export type ApiApp = OpenAPIHono<ApiEnv>;

/** One route with its handler, ready to be mounted; a file under routes/ exports one. */
export type Operation = (app: ApiApp, deps: ApiDeps) => void;

/** Tie a route's description to the code that answers it. */
export function operation<R extends RouteConfig & { getRoutingPath(): string }>(
  route: R,
  handler: (deps: ApiDeps) => RouteHandler<R, ApiEnv>,
): Operation {
  return (app, deps) => {
    app.openapi(route, handler(deps));
  };
}
