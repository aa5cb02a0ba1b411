import { createRoute } from '@hono/zod-openapi';
import { endSuppression as applyEnd } from '../../../db/repositories/suppressions.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, suppressionParams } from '../../schemas.ts';
import { suppressionSchema, suppressionsJson } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/suppressions/{suppressionId}/end',
  tags: ['Suppressions'],
  summary: 'Let an entry end now; it stays as evidence',
  description: 'Contacts that it ended stay ended. Ending it again changes nothing.',
  operationId: 'endSuppression',
  request: { params: suppressionParams },
  responses: {
    200: jsonResponse(suppressionSchema, 'The entry with its end'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const endSuppression = operation(route, 'suppressions.write', (deps) => async (c) => {
  const { suppressionId } = c.req.valid('param');
  const [body] = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const row = await applyEnd(tx, suppressionId, deps.clock.now());
    if (row === null) throw notFound('the entry');
    return suppressionsJson(tx, deps.vault, [row]);
  });
  return c.json(body!, 200);
});
