import { createRoute } from '@hono/zod-openapi';
import { draftById, latestCheck, reviewsOf } from '../../../db/repositories/policy-drafts.ts';
import { notFound } from '../../../domain/failures.ts';
import { applyChanges, diffSets } from '../../../policies/index.ts';
import { documentsOf } from '../../actions/policy-sets.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { changeJson, checkJson, draftJson, draftParams, draftWholeSchema, reviewJson } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/policies/drafts/{draftId}',
  tags: ['Policies'],
  summary: 'One draft: what it changes, what its check found, what was said of it',
  operationId: 'getPolicyDraft',
  request: { params: draftParams },
  responses: {
    200: jsonResponse(draftWholeSchema, 'The draft'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getPolicyDraft = operation(route, 'policies.read', (deps) => async (c) => {
  const { draftId } = c.req.valid('param');
  const read = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const draft = await draftById(tx, draftId);
    if (draft === null) throw notFound('the draft');
    return {
      draft,
      check: await latestCheck(tx, draft),
      reviews: await reviewsOf(tx, draftId),
      base: await documentsOf(tx, deps, draft.baseHash),
    };
  });
  const { draft, check, reviews, base } = read;
  c.header('ETag', etag(draft));
  return c.json(
    {
      ...draftJson(draft),
      changes: draft.changes.map((change) => changeJson(change, true)),
      cases: [...draft.cases],
      accepted: draft.accepted.map((one) => ({ ...one })),
      check: check === null ? null : checkJson(check),
      reviews: reviews.map(reviewJson),
      difference: [...diffSets(base, applyChanges(base, draft.changes)).lines],
    },
    200,
  );
});
