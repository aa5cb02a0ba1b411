import { createRoute, z } from '@hono/zod-openapi';
import { pageOfOwedDuties } from '../../../db/repositories/owed-duties.ts';
import { toIso } from '../../../domain/time.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { instantSchema, jsonResponse, toMs } from '../../schemas.ts';

const DATED = ['retain', 'erase', 'renew_consent', 'assess', 'answer_callbacks'] as const;

const owedSchema = z
  .object({
    contactId: z.string(),
    personId: z.string(),
    campaignId: z.string(),
    attemptId: z.string().openapi({ description: 'The latest call of the contact that it comes with' }),
    decisionId: z.string(),
    pack: z.string(),
    rule: z.string(),
    kind: z.string(),
    detail: z.record(z.string(), z.unknown()).openapi({ description: 'What is owed, as the rule says it' }),
    dueAt: z.string().openapi({ description: '`retain`: kept until then; all else: done by then' }),
  })
  .openapi('OwedDuty', {
    description: 'A duty that a call left behind, with the instant by which it is owed.',
  });

const route = createRoute({
  method: 'get',
  path: '/v1/duties',
  tags: ['Audit'],
  summary: 'Duties with a due date that calls left behind, by contact',
  description:
    'Filters: `dueBefore`, `kind`. Of each contact, rule and kind the one of the latest call. Order: by contact, then ' +
    'rule. A page looks through 200 contacts at most: it may hold fewer than `limit`, or none, while `next` leads on. ' +
    'That a duty was carried out is not on record here: it is listed as long as its decision is kept.',
  operationId: 'listDuties',
  request: {
    query: cursorQuery.extend({
      dueBefore: instantSchema.optional().openapi({ description: 'Due before this instant' }),
      kind: z.enum(DATED).optional(),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(owedSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listDuties = operation(route, 'audit.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...asked } = c.req.valid('query');
  const place = readCursor<[string, string | null]>(deps.vault, tenantId, 'listDuties', asked, after);
  const { rows, next } = await deps.db.inTenant(tenantId, (tx) =>
    pageOfOwedDuties(tx, {
      dueBefore: toMs(asked.dueBefore),
      kind: asked.kind ?? null,
      after: place === null ? null : { contactId: place[0], key: place[1] },
      limit,
    }),
  );
  const cursor =
    next === null ? null : writeCursor(deps.vault, tenantId, 'listDuties', asked, [next.contactId, next.key]);
  return c.json({ items: rows.map((row) => ({ ...row, dueAt: toIso(row.dueAt) })), next: cursor }, 200);
});
