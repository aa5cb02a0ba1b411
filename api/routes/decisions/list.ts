import { createRoute, z } from '@hono/zod-openapi';
import { pageOfDecisions } from '../../../db/repositories/decisions.ts';
import { cursorQuery, pageSchema } from '../../cursor.ts';
import { instantCursor } from '../../instant-cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { decisionJson, decisionSchema, stageSchema, verdictKindSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/decisions',
  tags: ['Decisions'],
  summary: 'Decisions, newest first',
  description:
    'Filters: `campaignId`, `contactId`, `personId`, `verdict`, `reason`, `stage`, `from`, `before`, in any combination. ' +
    'Order: newest first. A page looks through 2,000 rows at most; under a rare filter it may hold fewer than `limit`, or ' +
    'none, while `next` leads on.',
  operationId: 'listDecisions',
  request: {
    query: cursorQuery.extend({
      campaignId: inputIdSchema.optional(),
      contactId: inputIdSchema.optional(),
      personId: inputIdSchema.optional(),
      verdict: verdictKindSchema.optional(),
      reason: z.string().min(1).max(200).optional().openapi({ example: 'consent.missing' }),
      stage: stageSchema.optional(),
      from: instantSchema.optional().openapi({ description: 'Decided at this instant or later' }),
      before: instantSchema.optional().openapi({ description: 'Decided before this instant' }),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(decisionSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listDecisions = operation(route, 'calls.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...query } = c.req.valid('query');
  const asked = {
    campaignId: query.campaignId ?? null,
    contactId: query.contactId ?? null,
    personId: query.personId ?? null,
    verdict: query.verdict ?? null,
    reason: query.reason ?? null,
    stage: query.stage ?? null,
    from: toMs(query.from),
    before: toMs(query.before),
  };
  const cursor = instantCursor(deps.vault, tenantId, 'listDecisions', asked);
  const page = await deps.db.inTenant(tenantId, (tx) =>
    pageOfDecisions(tx, { ...asked, after: cursor.read(after), limit }),
  );
  return c.json({ items: page.rows.map(decisionJson), next: cursor.write(page.next) }, 200);
});
