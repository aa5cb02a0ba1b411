import { createRoute } from '@hono/zod-openapi';
import { attemptById } from '../../../db/repositories/attempt-lists.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { attemptIdFrom, attemptJson, attemptParams, attemptSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/contacts/{contactId}/attempts/{ordinal}',
  tags: ['Calls'],
  summary: 'One attempt (呼叫尝试)',
  operationId: 'getAttempt',
  request: { params: attemptParams },
  responses: {
    200: jsonResponse(attemptSchema, 'The attempt'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getAttempt = operation(route, 'calls.read', (deps) => async (c) => {
  const attemptId = attemptIdFrom(c.req.valid('param'));
  const attempt = await deps.db.inTenant(c.get('tenantId'), (tx) => attemptById(tx, attemptId));
  if (attempt === null) throw notFound('the attempt');
  return c.json(attemptJson(attempt), 200);
});
