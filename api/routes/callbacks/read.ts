import { createRoute } from '@hono/zod-openapi';
import { callbackById } from '../../../db/repositories/callbacks.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { callbackJson, callbackParams, callbackSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/callbacks/{callbackId}',
  tags: ['Callbacks'],
  summary: 'One callback; the ETag is its revision',
  operationId: 'getCallback',
  request: { params: callbackParams },
  responses: {
    200: jsonResponse(callbackSchema, 'The callback'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getCallback = operation(route, 'callbacks.read', (deps) => async (c) => {
  const { callbackId } = c.req.valid('param');
  const row = await deps.db.inTenant(c.get('tenantId'), (tx) => callbackById(tx, callbackId));
  if (row === null) throw notFound('the callback');
  c.header('ETag', etag(row));
  return c.json(callbackJson(row), 200);
});
