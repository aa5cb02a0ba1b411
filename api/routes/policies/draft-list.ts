import { createRoute, z } from '@hono/zod-openapi';
import { listDrafts } from '../../../db/repositories/policy-drafts.ts';
import { DRAFT_STATUSES } from '../../../domain/policy-draft.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { draftJson, draftSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/policies/drafts',
  tags: ['Policies'],
  summary: 'Drafts of policies, newest first',
  description: 'Filter: `status`; `previewed` ones wait for somebody to approve them.',
  operationId: 'listPolicyDrafts',
  request: { query: cursorQuery.extend({ status: z.enum(DRAFT_STATUSES).optional() }) },
  responses: {
    200: jsonResponse(pageSchema(draftSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listPolicyDrafts = operation(route, 'policies.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...filters } = c.req.valid('query');
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listPolicyDrafts', filters, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    listDrafts(tx, { status: filters.status ?? null, before: cursor?.[0] ?? null, limit: limit + 1 }),
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, 'listPolicyDrafts', filters, [last.id]);
  return c.json({ items: page.map(draftJson), next }, 200);
});
