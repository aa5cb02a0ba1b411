import { createRoute, z } from '@hono/zod-openapi';
import { allPriceLists } from '../../../db/repositories/prices.ts';
import { operation } from '../../operation.ts';
import { jsonResponse } from '../../schemas.ts';
import { priceListJson, priceListSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/prices',
  tags: ['Reports'],
  summary: 'Price lists (价目表), the earliest first',
  operationId: 'listPrices',
  responses: { 200: jsonResponse(z.object({ items: z.array(priceListSchema) }), 'All of them') },
});

export const listPrices = operation(route, 'reports.read', (deps) => async (c) => {
  const lists = await deps.db.inTenant(c.get('tenantId'), (tx) => allPriceLists(tx));
  return c.json({ items: lists.map(priceListJson) }, 200);
});
