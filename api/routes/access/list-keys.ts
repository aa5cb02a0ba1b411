import { createRoute, z } from '@hono/zod-openapi';
import { listApiKeys as readKeys } from '../../../db/repositories/access.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { apiKeyJson, apiKeySchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/access/keys',
  tags: ['Access'],
  summary: 'API keys, newest first',
  description: 'Filter: `usable`. One order: newest first. The key of the configuration is not among them.',
  operationId: 'listApiKeys',
  request: {
    query: cursorQuery.extend({
      usable: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'true: neither revoked nor expired; false: one of these' }),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(apiKeySchema), 'One page'),
    ...problemResponses('invalid_input'),
  },
});

export const listApiKeys = operation(route, 'access.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, usable } = c.req.valid('query');
  const last = readCursor<[string]>(deps.vault, tenantId, 'listApiKeys', { usable }, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readKeys(tx, {
      usable: usable === undefined ? null : usable === 'true',
      before: last?.[0] ?? null,
      limit: limit + 1,
    }),
  );
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  const next =
    rows.length > limit && end !== undefined
      ? writeCursor(deps.vault, tenantId, 'listApiKeys', { usable }, [end.id])
      : null;
  return c.json({ items: page.map(apiKeyJson), next }, 200);
});
