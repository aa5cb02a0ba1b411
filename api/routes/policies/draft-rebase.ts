import { createRoute } from '@hono/zod-openapi';
import { rebaseDraft } from '../../actions/policy-drafts.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { draftJson, draftParams, draftSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/rebase',
  tags: ['Policies'],
  summary: 'Make the changes of a draft to the set published last',
  description:
    'For a draft that something else was published after. Where both changed the same document it is a conflict, which names who changed what.',
  operationId: 'rebasePolicyDraft',
  request: { params: draftParams, headers: ifMatchHeader },
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

export const rebasePolicyDraft = operation(route, 'policies.draft', (deps) => async (c) => {
  const { draftId } = c.req.valid('param');
  const revision = revisionOf(c.req.valid('header')['if-match']);
  const draft = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    rebaseDraft(tx, deps, { ...authorOf(c), draftId, revision }),
  );
  c.header('ETag', etag(draft));
  return c.json(draftJson(draft), 200);
});
