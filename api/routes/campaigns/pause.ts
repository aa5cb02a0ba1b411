import { createRoute } from '@hono/zod-openapi';
import { pauseCampaign as apply } from '../../actions/campaign-life.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { actionOf, campaignJson, reasonBody, stopJson, stoppedCampaignSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/pause',
  tags: ['Campaigns'],
  summary: 'Pause: nothing of it is sent once this has answered (I3)',
  description:
    'Permits not used yet are taken back, what is being sent is waited for, what rings is hung up. Conversations go ' +
    'on. Pausing again waits again and is safe.',
  operationId: 'pauseCampaign',
  request: { params: campaignParams, body: reasonBody },
  responses: {
    200: jsonResponse(stoppedCampaignSchema, 'It is paused and quiet'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const pauseCampaign = operation(route, 'campaigns.stop', (deps) => async (c) => {
  const requestedReal = Date.now();
  const action = actionOf(c, c.req.valid('param').campaignId, c.req.valid('json').reason);
  const { campaign, stop } = await apply(deps, action);
  return c.json({ campaign: campaignJson(campaign), stop: stopJson(stop, requestedReal) }, 200);
});
