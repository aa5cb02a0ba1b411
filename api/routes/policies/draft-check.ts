import { createRoute, z } from '@hono/zod-openapi';
import { checkDraft } from '../../actions/policy-check.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { checkJson, checkSchema, draftJson, draftParams, draftSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/check',
  tags: ['Policies'],
  summary: 'Check a draft: form, the set as a whole, that nothing of the law is loosened, cases',
  description:
    'What was found is the answer, whether it passes or not. Cases run are those of the draft, and those that ship or were ' +
    'published with earlier drafts and are about something it changes.',
  operationId: 'checkPolicyDraft',
  request: { params: draftParams, headers: ifMatchHeader },
  responses: {
    200: jsonResponse(z.object({ draft: draftSchema, check: checkSchema }), 'What was found'),
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

export const checkPolicyDraft = operation(route, 'policies.draft', (deps) => async (c) => {
  const { draftId } = c.req.valid('param');
  const revision = revisionOf(c.req.valid('header')['if-match']);
  const { draft, check } = await checkDraft(deps, {
    ...authorOf(c),
    tenantId: c.get('tenantId'),
    draftId,
    revision,
  });
  c.header('ETag', etag(draft));
  return c.json({ draft: draftJson(draft), check: checkJson(check) }, 200);
});
