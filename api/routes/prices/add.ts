import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { addPriceList } from '../../../db/repositories/prices.ts';
import { conflict } from '../../../domain/failures.ts';
import { pricesSchema } from '../../../domain/kpi.ts';
import { toIso } from '../../../domain/time.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { instantSchema, jsonBody, jsonResponse, toMs } from '../../schemas.ts';
import { priceListJson, priceListSchema } from './model.ts';

const bodySchema = z
  .strictObject({
    validFrom: instantSchema.optional().openapi({ description: 'Left out: from now on' }),
    ...pricesSchema.shape,
  })
  .openapi('NewPriceList');

const route = createRoute({
  method: 'post',
  path: '/v1/prices',
  tags: ['Reports'],
  summary: 'Put a price list (价目表) on record',
  description:
    'It holds from `validFrom` on, which may lie in the past, until the next list. Lists are added and never changed: a ' +
    'correction is a list of a later instant.',
  operationId: 'addPrices',
  request: { body: jsonBody(bodySchema) },
  responses: {
    201: jsonResponse(priceListSchema, 'On record'),
    ...problemResponses('invalid_input', 'conflict'),
  },
});

export const addPrices = operation(route, 'prices.write', (deps) => async (c) => {
  const { validFrom, ...prices } = c.req.valid('json');
  const at = deps.clock.now();
  const author = authorOf(c);
  const list = { validFrom: toMs(validFrom) ?? at, prices, createdBy: author.by, createdAt: at };
  await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    if (!(await addPriceList(tx, list)))
      throw conflict(`a price list of ${toIso(list.validFrom)} is on record already`);
    const resourceId = toIso(list.validFrom);
    await recordChange(tx, {
      ...author,
      action: 'addPrices',
      resource: 'prices',
      resourceId,
      before: null,
      after: prices,
      at,
    });
  });
  return c.json(priceListJson({ ...list, tenantId: c.get('tenantId') }), 201);
});
