import { createRoute } from '@hono/zod-openapi';
import { listVersions, scriptById } from '../../../db/repositories/scripts.ts';
import { notFound } from '../../../domain/failures.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { scriptParams, versionSummaryJson, versionSummarySchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/scripts/{scriptId}/versions',
  tags: ['Scripts'],
  summary: 'The versions of a script, newest first',
  operationId: 'listScriptVersions',
  request: { params: scriptParams, query: cursorQuery },
  responses: {
    200: jsonResponse(pageSchema(versionSummarySchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listScriptVersions = operation(route, 'scripts.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { scriptId } = c.req.valid('param');
  const { limit, after } = c.req.valid('query');
  const what = `listScriptVersions/${scriptId}`;
  const cursor = readCursor<[number]>(deps.vault, tenantId, what, {}, after);
  const rows = await deps.db.inTenant(tenantId, async (tx) => {
    if ((await scriptById(tx, scriptId)) === null) throw notFound('the script');
    return listVersions(tx, { scriptId, before: cursor?.[0] ?? null, limit: limit + 1 });
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, what, {}, [last.version]);
  return c.json({ items: page.map(versionSummaryJson), next }, 200);
});
