import { createRoute, z } from '@hono/zod-openapi';
import { listCallbacks as readCallbacks } from '../../../db/repositories/callbacks.ts';
import { invalidInput } from '../../../domain/failures.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { callbackJson, callbackSchema, callbackStatusSchema, ownerSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/callbacks',
  tags: ['Callbacks'],
  summary: 'Callbacks (预约回拨), by the beginning of their windows',
  description:
    'Filters: `status`, `campaignId`, `contactId`, `agentId` (whose they are) or another `owner`, `dueBefore` (windows ' +
    'that begin before it). Order: `from` (earliest first) or `-from`.',
  operationId: 'listCallbacks',
  request: {
    query: cursorQuery.extend({
      status: callbackStatusSchema.optional(),
      campaignId: inputIdSchema.optional(),
      contactId: inputIdSchema.optional(),
      agentId: inputIdSchema.optional(),
      owner: ownerSchema.optional(),
      dueBefore: instantSchema.optional(),
      sort: z.enum(['from', '-from']).default('from'),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(callbackSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listCallbacks = operation(route, 'callbacks.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...filters } = c.req.valid('query');
  if (filters.agentId !== undefined && filters.owner !== undefined) {
    const expected = 'one of `agentId` and `owner`';
    throw invalidInput([{ field: 'query.owner', fault: 'stands beside `agentId`', expected }]);
  }
  const cursor = readCursor<[number, string]>(deps.vault, tenantId, 'listCallbacks', filters, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readCallbacks(tx, {
      status: filters.status ?? null,
      campaignId: filters.campaignId ?? null,
      contactId: filters.contactId ?? null,
      owner: filters.agentId === undefined ? (filters.owner ?? null) : `agent:${filters.agentId}`,
      dueBefore: toMs(filters.dueBefore),
      descending: filters.sort === '-from',
      after: cursor === null ? null : { fromAt: cursor[0], id: cursor[1] },
      limit: limit + 1,
    }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, 'listCallbacks', filters, [last.fromAt, last.id]);
  return c.json({ items: page.map(callbackJson), next }, 200);
});
