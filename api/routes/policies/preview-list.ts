import { createRoute } from '@hono/zod-openapi';
import { draftById } from '../../../db/repositories/policy-drafts.ts';
import { listPreviews } from '../../../db/repositories/policy-previews.ts';
import { notFound } from '../../../domain/failures.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { draftParams } from './model.ts';
import { previewHeadJson } from './preview-model.ts';
import { previewHeadSchema } from './preview-schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/policies/drafts/{draftId}/previews',
  tags: ['Policies'],
  summary: 'The previews of a draft, newest first',
  operationId: 'listPolicyPreviews',
  request: { params: draftParams, query: cursorQuery },
  responses: {
    200: jsonResponse(pageSchema(previewHeadSchema), 'One page, without what they found'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listPolicyPreviews = operation(route, 'policies.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { draftId } = c.req.valid('param');
  const { limit, after } = c.req.valid('query');
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listPolicyPreviews', { draftId }, after);
  const rows = await deps.db.inTenant(tenantId, async (tx) => {
    if ((await draftById(tx, draftId)) === null) throw notFound('the draft');
    return listPreviews(tx, { draftId, before: cursor?.[0] ?? null, limit: limit + 1 });
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, 'listPolicyPreviews', { draftId }, [last.id]);
  return c.json({ items: page.map(previewHeadJson), next }, 200);
});
