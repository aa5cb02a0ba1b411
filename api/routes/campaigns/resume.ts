import { createRoute } from '@hono/zod-openapi';
import { resumeCampaign as apply } from '../../actions/campaign-life.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { actionOf, campaignJson, campaignSchema, reasonBody } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/resume',
  tags: ['Campaigns'],
  summary: 'Go on after a pause',
  description:
    'Every contact is decided anew by the rules and facts of that moment. Resuming one that runs changes nothing.',
  operationId: 'resumeCampaign',
  request: { params: campaignParams, body: reasonBody },
  responses: {
    200: jsonResponse(campaignSchema, 'It is running'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const resumeCampaign = operation(route, 'campaigns.run', (deps) => async (c) => {
  const action = actionOf(c, c.req.valid('param').campaignId, c.req.valid('json').reason);
  return c.json(campaignJson(await apply(deps, action)), 200);
});
