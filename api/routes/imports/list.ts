import { createRoute, z } from '@hono/zod-openapi';
import { listImports as readImports } from '../../../db/repositories/imports-read.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonResponse } from '../../schemas.ts';
import { importJson, importSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/imports',
  tags: ['Imports'],
  summary: 'Imports, with how far they are',
  description:
    'Filters: `kind`, `status`, `campaignId`. Order: `-created` (newest first) or `created`. An import that is under way ' +
    'is found here with `status=running`, while its upload waits for the answer.',
  operationId: 'listImports',
  request: {
    query: cursorQuery.extend({
      kind: z.enum(['contacts', 'do_not_call']).optional(),
      status: z.enum(['running', 'completed', 'failed']).optional(),
      campaignId: inputIdSchema.optional(),
      sort: z.enum(['created', '-created']).default('-created'),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(importSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listImports = operation(route, 'imports.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...filters } = c.req.valid('query');
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listImports', filters, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readImports(tx, {
      kind: filters.kind ?? null,
      status: filters.status ?? null,
      campaignId: filters.campaignId ?? null,
      ascending: filters.sort === 'created',
      after: cursor?.[0] ?? null,
      limit: limit + 1,
    }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, 'listImports', filters, [last.id]);
  return c.json({ items: page.map(importJson), next }, 200);
});
