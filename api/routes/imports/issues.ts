import { createRoute, z } from '@hono/zod-openapi';
import { importById, listImportIssues as readIssues } from '../../../db/repositories/imports-read.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { importParams, jsonResponse, pageQuery } from '../../schemas.ts';
import { importIssueJson, importIssueSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/imports/{importId}/issues',
  tags: ['Imports'],
  summary: 'Rows that were not taken, or not in full, and why',
  operationId: 'listImportIssues',
  request: {
    params: importParams,
    query: pageQuery.extend({ after: z.coerce.number().int().min(0).optional() }),
  },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(importIssueSchema), next: z.number().nullable() }),
      'One page; values are masked; `next` is `after` of the following one',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listImportIssues = operation(route, 'imports.read', (deps) => async (c) => {
  const { importId } = c.req.valid('param');
  const { after, limit } = c.req.valid('query');
  const rows = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    if ((await importById(tx, importId)) === null) throw notFound('the import');
    return readIssues(tx, { importId, after: after ?? null, limit });
  });
  const next = rows.length < limit ? null : (rows.at(-1)?.id ?? null);
  return c.json({ items: rows.map(importIssueJson), next }, 200);
});
