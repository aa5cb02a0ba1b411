import { createRoute, z } from '@hono/zod-openapi';
import { listPreviewEntries, previewById } from '../../../db/repositories/policy-previews.ts';
import { notFound } from '../../../domain/failures.ts';
import { CHANGES } from '../../../gate/preview/change.ts';
import type { ComparedPromise } from '../../../gate/preview/promise-reading.ts';
import { PROMISE_CHANGES } from '../../../gate/preview/promises.ts';
import type { Example } from '../../../gate/preview/tally.ts';
import { LISTED_MAX, PREVIEW_PARTS } from '../../../gate/preview/work.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { entryJson } from './preview-model.ts';
import { previewEntrySchema, previewParams } from './preview-schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/policies/drafts/{draftId}/previews/{previewId}/entries',
  tags: ['Policies'],
  summary: 'Whom a preview found to be concerned, one by one, with before and after',
  description:
    `One list is asked for, by \`part\` and \`change\`; up to ${LISTED_MAX} are kept of each, and \`lists\` of the preview says ` +
    'where there are more. Lines appear while it is under way. `calls` lists calls that would have been illegal, `denials` ' +
    'those that would have been allowed.',
  operationId: 'listPolicyPreviewEntries',
  request: {
    params: previewParams,
    query: cursorQuery.extend({
      part: z.enum(PREVIEW_PARTS).default('contacts'),
      change: z.enum([...CHANGES, ...PROMISE_CHANGES]),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(previewEntrySchema), 'One page, by id'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listPolicyPreviewEntries = operation(route, 'policies.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { draftId, previewId } = c.req.valid('param');
  const { limit, after, part, change } = c.req.valid('query');
  const filters = { previewId, part, change };
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listPolicyPreviewEntries', filters, after);
  const rows = await deps.db.inTenant(tenantId, async (tx) => {
    if ((await previewById(tx, draftId, previewId)) === null) throw notFound('the preview');
    return listPreviewEntries(tx, { ...filters, after: cursor?.[0] ?? null, limit: limit + 1 });
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, 'listPolicyPreviewEntries', filters, [last.id]);
  return c.json({ items: page.map(({ body }) => entryJson(body as Example | ComparedPromise)), next }, 200);
});
