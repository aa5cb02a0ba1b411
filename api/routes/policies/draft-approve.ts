import { createRoute, z } from '@hono/zod-openapi';
import { approveDraft } from '../../actions/policy-drafts.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { draftJson, draftParams, draftSchema, noteSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/approve',
  tags: ['Policies'],
  summary: 'Approve a draft that somebody else wrote',
  description:
    'Of exactly this revision, checked and previewed. None of its authors may, and nobody twice. A draft that changes packs of the law asks for `policies.law` as well.',
  operationId: 'approvePolicyDraft',
  request: {
    params: draftParams,
    headers: ifMatchHeader,
    body: jsonBody(z.strictObject({ note: noteSchema })),
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

export const approvePolicyDraft = operation(route, 'policies.approve', (deps) => async (c) => {
  const { draftId } = c.req.valid('param');
  const revision = revisionOf(c.req.valid('header')['if-match']);
  const draft = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    approveDraft(tx, deps, {
      ...authorOf(c),
      draftId,
      revision,
      note: c.req.valid('json').note,
      may: (permission) => c.get('principal').permissions.has(permission),
    }),
  );
  c.header('ETag', etag(draft));
  return c.json(draftJson(draft), 200);
});
