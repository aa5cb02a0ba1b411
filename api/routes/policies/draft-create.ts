import { createRoute } from '@hono/zod-openapi';
import { createDraft } from '../../actions/policy-drafts.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { changesOf, draftJson, draftSchema, writtenSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts',
  tags: ['Policies'],
  summary: 'Write a draft: packs and calendars to put into the set in force, or to take out',
  description:
    'It starts from the set published last. With `fromSet` it goes back to one that was published before. Nothing takes ' +
    'effect until the draft was checked, previewed, approved by somebody else, and published.',
  operationId: 'createPolicyDraft',
  request: { body: jsonBody(writtenSchema) },
  responses: {
    201: jsonResponse(draftSchema, 'Written'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const createPolicyDraft = operation(route, 'policies.draft', (deps) => async (c) => {
  const body = c.req.valid('json');
  const { title, note, cases, accepted, fromSet } = body;
  const draft = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    createDraft(tx, deps, authorOf(c), { title, note, cases, accepted, fromSet, changes: changesOf(body) }),
  );
  c.header('ETag', etag(draft));
  return c.json(draftJson(draft), 201);
});
