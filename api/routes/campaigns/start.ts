import { createRoute, z } from '@hono/zod-openapi';
import { agentsOfCampaign } from '../../../db/repositories/campaign-agents.ts';
import { noAgentText } from '../../actions/agent-faults.ts';
import { startCampaign as apply } from '../../actions/campaign-life.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { actionOf, campaignJson, campaignSchema, reasonBody } from './model.ts';

const startedSchema = campaignSchema
  .extend({
    warnings: z
      .array(z.object({ code: z.string().openapi({ example: 'agents.none_with_skill' }), text: z.string() }))
      .openapi({ description: 'What keeps its calls from an agent, as things stand' }),
  })
  .openapi('CampaignStarted');

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/start',
  tags: ['Campaigns'],
  summary: 'Start dialling',
  description:
    'Refused with the fields at fault where the carrier is unknown, the schedule is over, or its own cap on abandonment is above a rule’s. Puts the shipped policy packs in force where none are. Starting one that runs changes nothing. One that nobody can take calls of starts all the same, and `warnings` say what is wanting.',
  operationId: 'startCampaign',
  request: { params: campaignParams, body: reasonBody },
  responses: {
    200: jsonResponse(startedSchema, 'It is running'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict', 'refused'),
  },
});

export const startCampaign = operation(route, 'campaigns.run', (deps) => async (c) => {
  const action = actionOf(c, c.req.valid('param').campaignId, c.req.valid('json').reason);
  const campaign = await apply(deps, action);
  const agents = await deps.db.single(action.tenantId, (tx) =>
    agentsOfCampaign(tx, campaign.id, campaign.definition),
  );
  const reason = agents?.reason ?? null;
  // That all are busy at this moment is no fault of the definition.
  const warnings =
    reason === null || reason.code === 'agents.none_free'
      ? []
      : [{ code: reason.code, text: noAgentText(reason) }];
  return c.json({ ...campaignJson(campaign), warnings }, 200);
});
