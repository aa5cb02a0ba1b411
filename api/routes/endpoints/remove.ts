import { createRoute } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { lockEndpoint, removeEndpoint as applyRemoval } from '../../../db/repositories/endpoints.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { endpointParams, recordedEndpoint } from './model.ts';

const route = createRoute({
  method: 'delete',
  path: '/v1/endpoints/{endpointId}',
  tags: ['Events'],
  summary: 'Remove an endpoint, its secrets, and what still waited for it',
  operationId: 'removeEndpoint',
  request: { params: endpointParams },
  responses: {
    204: { description: 'It is gone' },
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const removeEndpoint = operation(route, 'events.write', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  const at = deps.clock.now();
  await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockEndpoint(tx, endpointId);
    if (before === null) throw notFound('the endpoint');
    await applyRemoval(tx, endpointId, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'removeEndpoint',
      resource: 'endpoint',
      resourceId: endpointId,
      before: recordedEndpoint(before),
      after: null,
      at,
    });
  });
  return c.body(null, 204);
});
