import { createRoute } from '@hono/zod-openapi';
import { stopCampaign as apply } from '../../actions/campaign-life.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { actionOf, campaignJson, reasonBody, stopJson, stoppedCampaignSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/stop',
  tags: ['Campaigns'],
  summary: 'Stop for good: nothing of it is sent once this has answered (I3)',
  description:
    'As a pause, and it cannot be resumed. Its waiting contacts end as `stopped` soon after. Safe to send ' +
    'again.',
  operationId: 'stopCampaign',
  request: { params: campaignParams, body: reasonBody },
  responses: {
    200: jsonResponse(stoppedCampaignSchema, 'It is stopped and quiet'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const stopCampaign = operation(route, 'campaigns.stop', (deps) => async (c) => {
  const requestedReal = Date.now();
  const action = actionOf(c, c.req.valid('param').campaignId, c.req.valid('json').reason);
  const { campaign, stop } = await apply(deps, action);
  return c.json({ campaign: campaignJson(campaign), stop: stopJson(stop, requestedReal) }, 200);
});
