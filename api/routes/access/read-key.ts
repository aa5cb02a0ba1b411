import { createRoute } from '@hono/zod-openapi';
import { apiKeyById } from '../../../db/repositories/access.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { etag } from '../../revisions.ts';
import { apiKeyJson, apiKeySchema, keyParams } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/access/keys/{keyId}',
  tags: ['Access'],
  summary: 'One API key, without the key itself',
  operationId: 'getApiKey',
  request: { params: keyParams },
  responses: {
    200: jsonResponse(apiKeySchema, 'The key; its ETag is the revision'),
    ...problemResponses('not_found'),
  },
});

export const getApiKey = operation(route, 'access.read', (deps) => async (c) => {
  const { keyId } = c.req.valid('param');
  const row = await deps.db.inTenant(c.get('tenantId'), (tx) => apiKeyById(tx, keyId));
  if (row === null) throw notFound('the API key');
  c.header('ETag', etag(row));
  return c.json(apiKeyJson(row), 200);
});
