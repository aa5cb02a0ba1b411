import { createRoute } from '@hono/zod-openapi';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { etag } from '../../revisions.ts';
import { campaignJson, campaignSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}',
  tags: ['Campaigns'],
  summary: 'One campaign as it stands',
  operationId: 'getCampaign',
  request: { params: campaignParams },
  responses: {
    200: jsonResponse(campaignSchema, 'The campaign; its ETag is the revision'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getCampaign = operation(route, 'campaigns.read', (deps) => async (c) => {
  const { campaignId } = c.req.valid('param');
  const campaign = await deps.db.inTenant(c.get('tenantId'), (tx) => campaignById(tx, campaignId));
  if (campaign === null) throw notFound('the campaign');
  c.header('ETag', etag(campaign));
  return c.json(campaignJson(campaign), 200);
});
