import { createRoute, z } from '@hono/zod-openapi';
import { listCarriers as readCarriers } from '../../../db/repositories/carriers.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { carrierJson, carrierSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/carriers',
  tags: ['Carriers'],
  summary: 'The carriers there are',
  operationId: 'listCarriers',
  responses: {
    200: jsonResponse(z.object({ items: z.array(carrierSchema) }), 'All of them, by name'),
    ...problemResponses('unauthorized'),
  },
});

export const listCarriers = operation(route, 'carriers.read', (deps) => async (c) => {
  const rows = await deps.db.inTenant(c.get('tenantId'), readCarriers);
  return c.json({ items: rows.map(carrierJson) }, 200);
});
