import { createRoute } from '@hono/zod-openapi';
import { scriptVersion } from '../../../db/repositories/scripts.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { versionJson, versionParams, versionSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/scripts/{scriptId}/versions/{version}',
  tags: ['Scripts'],
  summary: 'One version of a script, with its dialogue',
  operationId: 'getScriptVersion',
  request: { params: versionParams },
  responses: {
    200: jsonResponse(versionSchema, 'The version'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getScriptVersion = operation(route, 'scripts.read', (deps) => async (c) => {
  const { scriptId, version } = c.req.valid('param');
  const row = await deps.db.inTenant(c.get('tenantId'), (tx) => scriptVersion(tx, scriptId, version));
  if (row === null) throw notFound('the version');
  return c.json(versionJson(row), 200);
});
