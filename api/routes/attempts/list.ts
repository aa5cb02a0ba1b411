import { createRoute, z } from '@hono/zod-openapi';
import { pageOfAttempts } from '../../../db/repositories/attempt-lists.ts';
import { attemptStateSchema, dispositionSchema, outcomeSchema } from '../../../domain/vocabulary.ts';
import { cursorQuery, pageSchema } from '../../cursor.ts';
import { instantCursor } from '../../instant-cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { attemptJson, attemptSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/attempts',
  tags: ['Calls'],
  summary: 'Attempts (呼叫尝试), latest first',
  description:
    'Filters: `campaignId`, `contactId`, `state`, `outcome`, `disposition`, `carrier`, `from`, `before`, in any ' +
    'combination. Order: latest first. A page looks through 2,000 rows at most; under a rare filter it may hold fewer ' +
    'than `limit`, or none, while `next` leads on.',
  operationId: 'listAttempts',
  request: {
    query: cursorQuery.extend({
      campaignId: inputIdSchema.optional(),
      contactId: inputIdSchema.optional(),
      state: attemptStateSchema.optional(),
      outcome: outcomeSchema.optional(),
      disposition: dispositionSchema.optional(),
      carrier: z.string().min(1).max(100).optional().openapi({ description: 'Name of the carrier' }),
      from: instantSchema.optional().openapi({ description: 'Claimed at this instant or later' }),
      before: instantSchema.optional().openapi({ description: 'Claimed before this instant' }),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(attemptSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listAttempts = operation(route, 'calls.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...query } = c.req.valid('query');
  const asked = {
    campaignId: query.campaignId ?? null,
    contactId: query.contactId ?? null,
    state: query.state ?? null,
    outcome: query.outcome ?? null,
    disposition: query.disposition ?? null,
    carrier: query.carrier ?? null,
    from: toMs(query.from),
    before: toMs(query.before),
  };
  const cursor = instantCursor(deps.vault, tenantId, 'listAttempts', asked);
  const page = await deps.db.inTenant(tenantId, (tx) =>
    pageOfAttempts(tx, { ...asked, after: cursor.read(after), limit }),
  );
  return c.json({ items: page.rows.map(attemptJson), next: cursor.write(page.next) }, 200);
});
