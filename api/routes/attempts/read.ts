import { createRoute, z } from '@hono/zod-openapi';
import { attemptById } from '../../../db/repositories/attempt-lists.ts';
import { dutyChecksOf } from '../../../db/repositories/duty-checks.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { dutyCheckJson, dutyCheckSchema } from './duties.ts';
import { attemptIdFrom, attemptJson, attemptParams, attemptSchema } from './model.ts';

const readSchema = attemptSchema
  .extend({
    duties: z.array(dutyCheckSchema).openapi({
      description:
        'What it owed by itself, and whether it did it; empty until it is over, or where it owed nothing',
    }),
  })
  .openapi('AttemptRead');

const route = createRoute({
  method: 'get',
  path: '/v1/contacts/{contactId}/attempts/{ordinal}',
  tags: ['Calls'],
  summary: 'One attempt (呼叫尝试), with its duties',
  operationId: 'getAttempt',
  request: { params: attemptParams },
  responses: {
    200: jsonResponse(readSchema, 'The attempt'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getAttempt = operation(route, 'calls.read', (deps) => async (c) => {
  const attemptId = attemptIdFrom(c.req.valid('param'));
  const found = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const attempt = await attemptById(tx, attemptId);
    return attempt === null ? null : { attempt, duties: await dutyChecksOf(tx, attemptId) };
  });
  if (found === null) throw notFound('the attempt');
  return c.json({ ...attemptJson(found.attempt), duties: found.duties.map(dutyCheckJson) }, 200);
});
