import { createRoute, z } from '@hono/zod-openapi';
import { pageOfSuppressions } from '../../../db/repositories/suppressions.ts';
import { purposeSchema, suppressionScopeSchema } from '../../../domain/vocabulary.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonResponse } from '../../schemas.ts';
import { listNameSchema } from './entry.ts';
import { suppressionSchema, suppressionsJson } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/suppressions',
  tags: ['Suppressions'],
  summary: 'Do-not-call entries (勿扰名单)',
  description:
    'Filters: `list`, `scope`, `campaignId`, `purpose`, `state` (at this instant: `active`, `ended`, `upcoming`), ' +
    '`requestedByPerson`. Order: `-recorded` (newest first) or `recorded`. A page looks through so many entries at ' +
    'most: where few match it may hold fewer than `limit`, or none, while `next` goes on.',
  operationId: 'listSuppressions',
  request: {
    query: cursorQuery.extend({
      list: listNameSchema.optional(),
      scope: suppressionScopeSchema.optional(),
      campaignId: inputIdSchema.optional(),
      purpose: purposeSchema.optional(),
      state: z.enum(['active', 'ended', 'upcoming']).optional(),
      requestedByPerson: z.enum(['true', 'false']).optional(),
      sort: z.enum(['recorded', '-recorded']).default('-recorded'),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(suppressionSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listSuppressions = operation(route, 'suppressions.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...filters } = c.req.valid('query');
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listSuppressions', filters, after);
  const { items, nextId } = await deps.db.inTenant(tenantId, async (tx) => {
    const page = await pageOfSuppressions(tx, {
      list: filters.list ?? null,
      scope: filters.scope ?? null,
      campaignId: filters.campaignId ?? null,
      purpose: filters.purpose ?? null,
      state: filters.state ?? null,
      requestedByPerson:
        filters.requestedByPerson === undefined ? null : filters.requestedByPerson === 'true',
      ascending: filters.sort === 'recorded',
      at: deps.clock.now(),
      after: cursor?.[0] ?? null,
      limit,
    });
    return { items: await suppressionsJson(tx, deps.vault, page.rows), nextId: page.next };
  });
  const next =
    nextId === null ? null : writeCursor(deps.vault, tenantId, 'listSuppressions', filters, [nextId]);
  return c.json({ items, next }, 200);
});
