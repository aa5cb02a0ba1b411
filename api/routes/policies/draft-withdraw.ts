import { createRoute, z } from '@hono/zod-openapi';
import { withdrawDraft } from '../../actions/policy-drafts.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { draftJson, draftParams, draftSchema, noteSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/withdraw',
  tags: ['Policies'],
  summary: 'Give a draft up',
  description: 'It stays on record and cannot be taken up again.',
  operationId: 'withdrawPolicyDraft',
  request: {
    params: draftParams,
    headers: ifMatchHeader,
    body: jsonBody(z.strictObject({ reason: noteSchema })),
  },
  responses: {
    200: jsonResponse(draftSchema, 'The draft'),
    ...problemResponses(
      'invalid_input',
      'unauthorized',
      'not_found',
      'conflict',
      'precondition_failed',
      'precondition_required',
    ),
  },
});

export const withdrawPolicyDraft = operation(route, 'policies.draft', (deps) => async (c) => {
  const { draftId } = c.req.valid('param');
  const revision = revisionOf(c.req.valid('header')['if-match']);
  const draft = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    withdrawDraft(tx, deps, { ...authorOf(c), draftId, revision, reason: c.req.valid('json').reason }),
  );
  c.header('ETag', etag(draft));
  return c.json(draftJson(draft), 200);
});
