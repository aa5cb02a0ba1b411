import { createRoute, z } from '@hono/zod-openapi';
import { listChanges as readChanges } from '../../../db/repositories/changes.ts';
import { toIso } from '../../../domain/time.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { instantSchema, jsonResponse, toMs } from '../../schemas.ts';

const name = (description: string) => z.string().min(1).max(200).optional().openapi({ description });

const changeSchema = z
  .object({
    id: z.number().int(),
    at: z.string().openapi({ description: 'On the engine’s clock' }),
    recordedReal: z.string().openapi({ description: 'Real time' }),
    actor: z.string().openapi({ example: 'key:crm' }),
    requestId: z.string().nullable(),
    action: z.string().openapi({ example: 'changeCampaign', description: 'The operation by its id' }),
    resource: z.string().openapi({ example: 'campaign' }),
    resourceId: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    reason: z.string().nullable(),
  })
  .openapi('Change', { description: 'Who changed what. Never holds a number or a name.' });

const route = createRoute({
  method: 'get',
  path: '/v1/changes',
  tags: ['Audit'],
  summary: 'Who changed what, when, before and after; newest first',
  description:
    'Filters: `resource`, `resourceId`, `actor`, `action`, `from` (inclusive) and `to` (exclusive) by the instant of ' +
    'the change. One order: newest first.',
  operationId: 'listChanges',
  request: {
    query: cursorQuery.extend({
      resource: name('Kind of what was changed, such as `campaign`'),
      resourceId: name('Its id'),
      actor: name('Who changed it, such as `key:crm`'),
      action: name('The operation by its id, such as `changeCampaign`'),
      from: instantSchema.optional(),
      to: instantSchema.optional(),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(changeSchema), 'One page'),
    ...problemResponses('invalid_input'),
  },
});

export const listChanges = operation(route, 'audit.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...given } = c.req.valid('query');
  const last = readCursor<[number, number]>(deps.vault, tenantId, 'listChanges', given, after);
  const rows = await deps.db.single(tenantId, (tx) =>
    readChanges(tx, {
      resource: given.resource ?? null,
      resourceId: given.resourceId ?? null,
      actor: given.actor ?? null,
      action: given.action ?? null,
      from: toMs(given.from),
      to: toMs(given.to),
      before: last === null ? null : { at: last[0], id: last[1] },
      limit: limit + 1,
    }),
  );
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  const next =
    rows.length > limit && end !== undefined
      ? writeCursor(deps.vault, tenantId, 'listChanges', given, [end.at, end.id])
      : null;
  const items = page.map((row) => ({ ...row, at: toIso(row.at), recordedReal: toIso(row.recordedReal) }));
  return c.json({ items, next }, 200);
});
