import { createRoute } from '@hono/zod-openapi';
import { endpointById } from '../../../db/repositories/endpoints.ts';
import { countUndelivered } from '../../../db/repositories/outgoing-events.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { endpointJson, endpointParams, endpointWithCountsSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/endpoints/{endpointId}',
  tags: ['Events'],
  summary: 'An endpoint, with what it has still to be told',
  operationId: 'readEndpoint',
  request: { params: endpointParams },
  responses: {
    200: jsonResponse(endpointWithCountsSchema, 'The endpoint'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const readEndpoint = operation(route, 'events.read', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  const { row, undelivered } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const found = await endpointById(tx, endpointId);
    if (found === null) throw notFound('the endpoint');
    return { row: found, undelivered: await countUndelivered(tx, endpointId) };
  });
  c.header('ETag', etag(row));
  return c.json({ ...endpointJson(row), undelivered }, 200);
});
