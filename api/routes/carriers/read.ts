import { createRoute } from '@hono/zod-openapi';
import { carrierByName } from '../../../db/repositories/carriers.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { carrierJson, carrierParams, carrierSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/carriers/{carrierName}',
  tags: ['Carriers'],
  summary: 'One carrier (线路); the ETag is its revision',
  operationId: 'getCarrier',
  request: { params: carrierParams },
  responses: {
    200: jsonResponse(carrierSchema, 'The carrier'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getCarrier = operation(route, 'carriers.read', (deps) => async (c) => {
  const { carrierName } = c.req.valid('param');
  const row = await deps.db.inTenant(c.get('tenantId'), (tx) => carrierByName(tx, carrierName));
  if (row === null) throw notFound('the carrier');
  c.header('ETag', etag(row));
  return c.json(carrierJson(row), 200);
});
