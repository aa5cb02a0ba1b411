import { createRoute, z } from '@hono/zod-openapi';
import { listEndpoints as readEndpoints } from '../../../db/repositories/endpoints.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { endpointJson, endpointSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/endpoints',
  tags: ['Events'],
  summary: 'The systems that are told of events, newest first',
  description: 'Filter: `enabled`. Order: newest first, no other.',
  operationId: 'listEndpoints',
  request: { query: cursorQuery.extend({ enabled: z.enum(['true', 'false']).optional() }) },
  responses: {
    200: jsonResponse(pageSchema(endpointSchema), 'One page; `next` is `after` of the following one'),
    ...problemResponses('invalid_input'),
  },
});

export const listEndpoints = operation(route, 'events.read', (deps) => async (c) => {
  const { limit, after, enabled } = c.req.valid('query');
  const tenantId = c.get('tenantId');
  const asked = { enabled };
  const place = readCursor<[string]>(deps.vault, tenantId, 'listEndpoints', asked, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readEndpoints(tx, {
      enabled: enabled === undefined ? null : enabled === 'true',
      before: place?.[0] ?? null,
      limit: limit + 1,
    }),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? writeCursor(deps.vault, tenantId, 'listEndpoints', asked, [last.id])
      : null;
  return c.json({ items: items.map(endpointJson), next }, 200);
});
