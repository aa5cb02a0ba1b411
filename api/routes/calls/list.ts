import { createRoute, z } from '@hono/zod-openapi';
import { pageOfCalls } from '../../../db/repositories/attempt-lists.ts';
import { cursorQuery, pageSchema } from '../../cursor.ts';
import { instantCursor } from '../../instant-cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { callJson, callSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/calls',
  tags: ['Calls'],
  summary: 'Calls (通话), latest first; with `live=true` those that ring or are up now',
  description:
    'Filters: `live`, `campaignId`, `carrier`, `from`, `before`, in any combination. Order: by when their attempt was ' +
    'claimed, latest first. A page looks through 2,000 rows at most; under a rare filter it may hold fewer than ' +
    '`limit`, or none, while `next` leads on.',
  operationId: 'listCalls',
  request: {
    query: cursorQuery.extend({
      live: z
        .enum(['true', 'false'])
        .optional()
        .openapi({ description: 'true: only calls that ring or are up now' }),
      campaignId: inputIdSchema.optional(),
      carrier: z.string().min(1).max(100).optional().openapi({ description: 'Name of the carrier' }),
      from: instantSchema.optional().openapi({ description: 'Claimed at this instant or later' }),
      before: instantSchema.optional().openapi({ description: 'Claimed before this instant' }),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(callSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listCalls = operation(route, 'calls.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...query } = c.req.valid('query');
  const asked = {
    live: query.live === 'true',
    campaignId: query.campaignId ?? null,
    carrier: query.carrier ?? null,
    from: toMs(query.from),
    before: toMs(query.before),
  };
  const cursor = instantCursor(deps.vault, tenantId, 'listCalls', asked);
  const page = await deps.db.inTenant(tenantId, (tx) =>
    pageOfCalls(tx, { ...asked, after: cursor.read(after), limit }),
  );
  return c.json({ items: page.rows.map(callJson), next: cursor.write(page.next) }, 200);
});
