import { createRoute, z } from '@hono/zod-openapi';
import { listImports as readImports } from '../../../db/repositories/imports-read.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonResponse, pageQuery } from '../../schemas.ts';
import { importJson, importSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/imports',
  tags: ['Imports'],
  summary: 'Imports, newest first',
  operationId: 'listImports',
  request: {
    query: pageQuery.extend({ campaignId: inputIdSchema.optional(), after: inputIdSchema.optional() }),
  },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(importSchema), next: z.string().nullable() }),
      'One page; `next` is `after` of the following one',
    ),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listImports = operation(route, 'imports.read', (deps) => async (c) => {
  const { campaignId, after, limit } = c.req.valid('query');
  const rows = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    readImports(tx, { campaignId: campaignId ?? null, before: after ?? null, limit }),
  );
  return c.json(
    { items: rows.map(importJson), next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) },
    200,
  );
});
