import { createRoute, z } from '@hono/zod-openapi';
import { rejectDraft } from '../../actions/policy-drafts.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { draftJson, draftParams, draftSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/reject',
  tags: ['Policies'],
  summary: 'Send a draft back to its authors, with the reason',
  description: 'This revision can be approved by nobody any more; an edited one can.',
  operationId: 'rejectPolicyDraft',
  request: {
    params: draftParams,
    headers: ifMatchHeader,
    body: jsonBody(
      z.strictObject({ note: z.string().trim().min(1).max(2_000).openapi({ description: 'The reason' }) }),
    ),
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

export const rejectPolicyDraft = operation(route, 'policies.approve', (deps) => async (c) => {
  const { draftId } = c.req.valid('param');
  const revision = revisionOf(c.req.valid('header')['if-match']);
  const draft = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    rejectDraft(tx, deps, { ...authorOf(c), draftId, revision, note: c.req.valid('json').note }),
  );
  c.header('ETag', etag(draft));
  return c.json(draftJson(draft), 200);
});
