import { createRoute } from '@hono/zod-openapi';
import { startCampaign as apply } from '../../actions/campaign-life.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { actionOf, campaignJson, campaignSchema, reasonBody } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/start',
  tags: ['Campaigns'],
  summary: 'Start dialling',
  description:
    'Refused with the fields at fault where the carrier is unknown, the mode cannot be paced, or the schedule is over. Puts the shipped policy packs in force where none are. Starting one that runs changes nothing.',
  operationId: 'startCampaign',
  request: { params: campaignParams, body: reasonBody },
  responses: {
    200: jsonResponse(campaignSchema, 'It is running'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict', 'refused'),
  },
});

export const startCampaign = operation(route, 'campaigns.run', (deps) => async (c) => {
  const action = actionOf(c, c.req.valid('param').campaignId, c.req.valid('json').reason);
  return c.json(campaignJson(await apply(deps, action)), 200);
});
