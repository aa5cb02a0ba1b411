import { createRoute } from '@hono/zod-openapi';
import { mergeChanges, documentKey } from '../../../policies/index.ts';
import { editDraft } from '../../actions/policy-drafts.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { changesOf, draftJson, draftParams, draftSchema, editSchema } from './model.ts';

const route = createRoute({
  method: 'patch',
  path: '/v1/policies/drafts/{draftId}',
  tags: ['Policies'],
  summary: 'Edit a draft',
  description:
    'Whoever edits it is one of its authors from then on. What was checked, previewed or approved before counts no more.',
  operationId: 'changePolicyDraft',
  request: { params: draftParams, headers: ifMatchHeader, body: jsonBody(editSchema) },
  responses: {
    200: jsonResponse(draftSchema, 'The draft in its new revision'),
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

export const changePolicyDraft = operation(route, 'policies.draft', (deps) => async (c) => {
  const { draftId } = c.req.valid('param');
  const body = c.req.valid('json');
  const revision = revisionOf(c.req.valid('header')['if-match']);
  const undone = new Set(body.undo ?? []);
  const draft = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    editDraft(tx, deps, { ...authorOf(c), draftId, revision }, (before) => ({
      title: body.title ?? before.title,
      note: body.note === undefined ? before.note : body.note,
      cases: body.cases ?? before.cases,
      accepted: body.accepted ?? before.accepted,
      changes: mergeChanges(
        before.changes.filter((change) => !undone.has(documentKey(change))),
        changesOf(body),
      ),
    })),
  );
  c.header('ETag', etag(draft));
  return c.json(draftJson(draft), 200);
});
