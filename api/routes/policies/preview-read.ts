import { createRoute } from '@hono/zod-openapi';
import { campaignNames } from '../../../db/repositories/campaigns.ts';
import { previewById } from '../../../db/repositories/policy-previews.ts';
import { notFound } from '../../../domain/failures.ts';
import { answerLanguage, languageHeader } from '../../language.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { campaignsNamedIn, previewJson } from './preview-model.ts';
import { previewParams, previewSchema } from './preview-schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/policies/drafts/{draftId}/previews/{previewId}',
  tags: ['Policies'],
  summary: 'How far a preview is, and what it found',
  description:
    'In numbers, with samples, the rules that changes are put down to, and a summary in sentences. The lists that it made ' +
    'are read line by line with `listPolicyPreviewEntries`.',
  operationId: 'getPolicyPreview',
  request: { params: previewParams, headers: languageHeader },
  responses: {
    200: jsonResponse(previewSchema, 'The preview'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getPolicyPreview = operation(route, 'policies.read', (deps) => async (c) => {
  const { draftId, previewId } = c.req.valid('param');
  const { preview, names } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const found = await previewById(tx, draftId, previewId);
    if (found === null) throw notFound('the preview');
    return { preview: found, names: await campaignNames(tx, campaignsNamedIn(found)) };
  });
  return c.json(previewJson(preview, names, answerLanguage(c)), 200);
});
