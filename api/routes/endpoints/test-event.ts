import { createRoute } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { endpointById } from '../../../db/repositories/endpoints.ts';
import { addTestEvent, deliveryById } from '../../../db/repositories/outgoing-events.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { deliveryJson, deliverySchema, endpointParams } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/endpoints/{endpointId}/test',
  tags: ['Events'],
  summary: 'Send a test event to this endpoint alone',
  description:
    'Of type `com.rightcall.endpoint.test`, signed and repeated like any other. How it went is its delivery’s state, a ' +
    'second or two later.',
  operationId: 'testEndpoint',
  request: { params: endpointParams },
  responses: {
    202: jsonResponse(deliverySchema, 'It will be sent'),
    ...problemResponses('invalid_input', 'not_found', 'conflict'),
  },
});

export const testEndpoint = operation(route, 'events.write', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  const at = deps.clock.now();
  const delivery = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const endpoint = await endpointById(tx, endpointId);
    if (endpoint === null) throw notFound('the endpoint');
    if (!endpoint.enabled)
      throw conflict('the endpoint is disabled, so nothing is sent to it; enable it first');
    const id = await addTestEvent(tx, endpointId, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'testEndpoint',
      resource: 'endpoint',
      resourceId: endpointId,
      before: null,
      after: { deliveryId: id },
      at,
    });
    return (await deliveryById(tx, endpointId, id))!;
  });
  c.header('Location', `/v1/endpoints/${endpointId}/deliveries/${delivery.id}`);
  return c.json(deliveryJson(delivery), 202);
});
