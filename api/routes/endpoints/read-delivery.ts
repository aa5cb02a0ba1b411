import { createRoute, z } from '@hono/zod-openapi';
import { endpointById } from '../../../db/repositories/endpoints.ts';
import { deliveryById } from '../../../db/repositories/outgoing-events.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { deliveryJson, deliveryParams, deliverySchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/endpoints/{endpointId}/deliveries/{deliveryId}',
  tags: ['Events'],
  summary: 'One delivery, with what the event says',
  operationId: 'readDelivery',
  request: { params: deliveryParams },
  responses: {
    200: jsonResponse(
      deliverySchema.extend({
        data: z.record(z.string(), z.unknown()).openapi({ description: '`data` of the event' }),
      }),
      'The delivery',
    ),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const readDelivery = operation(route, 'events.read', (deps) => async (c) => {
  const { endpointId, deliveryId } = c.req.valid('param');
  const row = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    if ((await endpointById(tx, endpointId)) === null) throw notFound('the endpoint');
    return deliveryById(tx, endpointId, deliveryId);
  });
  if (row === null) throw notFound('the delivery');
  return c.json({ ...deliveryJson(row), data: row.event.data }, 200);
});
