import { createRoute } from '@hono/zod-openapi';
import { cancelDraftPreview } from '../../actions/policy-previews.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { previewHeadJson } from './preview-model.ts';
import { previewHeadSchema, previewParams } from './preview-schemas.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/previews/{previewId}/cancel',
  tags: ['Policies'],
  summary: 'Cancel a preview that is not finished',
  description: 'What was found so far stays in its lists; it is not summed up.',
  operationId: 'cancelPolicyPreview',
  request: { params: previewParams },
  responses: {
    200: jsonResponse(previewHeadSchema, 'Cancelled'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const cancelPolicyPreview = operation(route, 'policies.draft', (deps) => async (c) => {
  const { draftId, previewId } = c.req.valid('param');
  const tenantId = c.get('tenantId');
  const preview = await cancelDraftPreview(deps, { ...authorOf(c), tenantId, draftId, previewId });
  return c.json(previewHeadJson(preview), 200);
});
