import { createRoute, z } from '@hono/zod-openapi';
import { endpointById } from '../../../db/repositories/endpoints.ts';
import { listDeliveries as readDeliveries } from '../../../db/repositories/outgoing-events.ts';
import { notFound } from '../../../domain/failures.ts';
import { DELIVERY_STATES } from '../../../domain/outgoing.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { deliveryJson, deliverySchema, endpointParams } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/endpoints/{endpointId}/deliveries',
  tags: ['Events'],
  summary: 'What was and will be sent to an endpoint, newest first',
  description:
    'Filter: `state`; `dead` is what was given up (dead letters). Order: newest first, no other. Kept for 30 days.',
  operationId: 'listDeliveries',
  request: {
    params: endpointParams,
    query: cursorQuery.extend({ state: z.enum(DELIVERY_STATES).optional() }),
  },
  responses: {
    200: jsonResponse(pageSchema(deliverySchema), 'One page; `next` is `after` of the following one'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const listDeliveries = operation(route, 'events.read', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  const { limit, after, state } = c.req.valid('query');
  const tenantId = c.get('tenantId');
  const asked = { endpointId, state };
  const place = readCursor<[number]>(deps.vault, tenantId, 'listDeliveries', asked, after);
  const rows = await deps.db.inTenant(tenantId, async (tx) => {
    if ((await endpointById(tx, endpointId)) === null) throw notFound('the endpoint');
    return readDeliveries(tx, {
      endpointId,
      state: state ?? null,
      before: place?.[0] ?? null,
      limit: limit + 1,
    });
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? writeCursor(deps.vault, tenantId, 'listDeliveries', asked, [last.id])
      : null;
  return c.json({ items: items.map(deliveryJson), next }, 200);
});
