import { createRoute } from '@hono/zod-openapi';
import { scriptById } from '../../../db/repositories/scripts.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { scriptJson, scriptParams, scriptSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/scripts/{scriptId}',
  tags: ['Scripts'],
  summary: 'One script (话术); the ETag is its revision',
  operationId: 'getScript',
  request: { params: scriptParams },
  responses: {
    200: jsonResponse(scriptSchema, 'The script'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getScript = operation(route, 'scripts.read', (deps) => async (c) => {
  const { scriptId } = c.req.valid('param');
  const row = await deps.db.inTenant(c.get('tenantId'), (tx) => scriptById(tx, scriptId));
  if (row === null) throw notFound('the script');
  c.header('ETag', etag(row));
  return c.json(scriptJson(row), 200);
});
