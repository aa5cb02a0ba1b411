import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Author } from '../db/repositories/changes.ts';
import type { Principal } from './principal.ts';

export interface ApiEnv {
  Variables: {
    requestId: string;
    tenantId: string;
    /** Who asks, as it is recorded with what they change. */
    actor: string;
    /** Who asks and what they may do; absent on operations that are open. */
    principal: Principal;
  };
}

export type ApiApp = OpenAPIHono<ApiEnv>;

/** Who makes the change that this request asks for, as it is recorded. */
export function authorOf(c: Context<ApiEnv>): Author {
  return { by: c.get('actor'), requestId: c.get('requestId') };
}
