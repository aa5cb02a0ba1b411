import { createRoute } from '@hono/zod-openapi';
import { importById } from '../../../db/repositories/imports-read.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { importParams, jsonResponse } from '../../schemas.ts';
import { importJson, importSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/imports/{importId}',
  tags: ['Imports'],
  summary: 'How far an import is',
  operationId: 'getImport',
  request: { params: importParams },
  responses: {
    200: jsonResponse(importSchema, 'The import'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getImport = operation(route, 'imports.read', (deps) => async (c) => {
  const { importId } = c.req.valid('param');
  const row = await deps.db.inTenant(c.get('tenantId'), (tx) => importById(tx, importId));
  if (row === null) throw notFound('the import');
  return c.json(importJson(row), 200);
});
