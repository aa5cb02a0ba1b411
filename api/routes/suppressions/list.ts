import { createRoute, z } from '@hono/zod-openapi';
import { listSuppressions as readSuppressions } from '../../../db/repositories/suppressions.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonResponse, pageQuery } from '../../schemas.ts';
import { listNameSchema } from './add.ts';
import { suppressionSchema, suppressionsJson } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/suppressions',
  tags: ['Suppressions'],
  summary: 'Do-not-call entries (勿扰名单), newest first',
  operationId: 'listSuppressions',
  request: { query: pageQuery.extend({ list: listNameSchema.optional(), after: inputIdSchema.optional() }) },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(suppressionSchema), next: z.string().nullable() }),
      'One page; `next` is `after` of the following one',
    ),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listSuppressions = operation(route, 'suppressions.read', (deps) => async (c) => {
  const { list, after, limit } = c.req.valid('query');
  const items = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const query = { list: list ?? null, numberHash: null, before: after ?? null, limit };
    return suppressionsJson(tx, deps.vault, await readSuppressions(tx, query));
  });
  return c.json({ items, next: items.length < limit ? null : (items.at(-1)?.id ?? null) }, 200);
});
