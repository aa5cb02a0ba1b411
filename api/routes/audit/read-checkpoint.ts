import { createRoute, z } from '@hono/zod-openapi';
import { checkpointOfSize } from '../../../db/repositories/evidence-log.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { checkpointSchema, toCheckpoint } from './checkpoint-model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/audit/checkpoints/{size}',
  tags: ['Audit'],
  summary: 'The checkpoint over so many decisions',
  operationId: 'readCheckpoint',
  request: {
    params: z.object({
      size: z.coerce
        .number('is not a number')
        .int('is not a whole number')
        .min(1, 'is less than 1')
        .openapi({ description: 'How many decisions it is over', example: 1000 }),
    }),
  },
  responses: {
    200: jsonResponse(checkpointSchema, 'The checkpoint'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const readCheckpoint = operation(route, 'audit.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { size } = c.req.valid('param');
  const row = await deps.db.single(tenantId, (tx) => checkpointOfSize(tx, size));
  if (row === null) throw notFound('a checkpoint over that many decisions');
  return c.json(toCheckpoint(tenantId, row), 200);
});
