import { createRoute, z } from '@hono/zod-openapi';
import { listScripts as readScripts } from '../../../db/repositories/scripts.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { scriptJson, scriptSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/scripts',
  tags: ['Scripts'],
  summary: 'Scripts (话术)',
  description:
    'Filters: `state`, `name` (a part of it, in any case). Order: `-created` (newest first), `created` or `name`.',
  operationId: 'listScripts',
  request: {
    query: cursorQuery.extend({
      state: z.enum(['draft', 'published', 'retired']).optional(),
      name: z.string().trim().min(1).max(200).optional(),
      sort: z.enum(['created', '-created', 'name']).default('-created'),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(scriptSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listScripts = operation(route, 'scripts.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...filters } = c.req.valid('query');
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listScripts', filters, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readScripts(tx, {
      state: filters.state ?? null,
      name: filters.name ?? null,
      order: filters.sort,
      after: cursor?.[0] ?? null,
      limit: limit + 1,
    }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const place = last === undefined ? null : filters.sort === 'name' ? last.name : last.id;
  const next =
    rows.length <= limit || place === null
      ? null
      : writeCursor(deps.vault, tenantId, 'listScripts', filters, [place]);
  return c.json({ items: page.map(scriptJson), next }, 200);
});
