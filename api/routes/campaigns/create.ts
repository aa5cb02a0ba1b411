import { createRoute } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { insertCampaign } from '../../../db/repositories/campaigns.ts';
import { carrierByName } from '../../../db/repositories/carriers.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { invalidInput } from '../../../domain/failures.ts';
import { keepCallerOf } from '../../../gate/caller-number.ts';
import { abandonFaults } from '../../actions/abandon-faults.ts';
import { teamFaults } from '../../actions/agent-faults.ts';
import { campaignRuleFaults } from '../../actions/rule-faults.ts';
import { recordedDefinition } from '../../actions/change-campaign.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { etag } from '../../revisions.ts';
import { campaignJson, campaignSchema, definitionSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns',
  tags: ['Campaigns'],
  summary: 'Create a campaign (外呼任务) as a draft',
  description: 'The carrier it names is needed only when it is started; the teams it names must be there.',
  operationId: 'createCampaign',
  request: { body: jsonBody(definitionSchema) },
  responses: {
    201: jsonResponse(campaignSchema, 'Created'),
    ...problemResponses('invalid_input', 'unauthorized', 'conflict'),
  },
});

export const createCampaign = operation(route, 'campaigns.write', (deps) => async (c) => {
  const definition = c.req.valid('json');
  const campaign = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const at = deps.clock.now();
    const faults = [
      ...(await teamFaults(tx, definition)),
      ...(await abandonFaults(tx, definition, at)),
      ...(await campaignRuleFaults(tx, definition)),
    ];
    if (faults.length > 0) throw invalidInput(faults);
    const carrier = await carrierByName(tx, definition.carrier);
    const { by, requestId } = authorOf(c);
    const created = await insertCampaign(tx, {
      id: uuidv7(),
      definition,
      carrierId: carrier?.id ?? null,
      by,
      at,
    });
    await keepCallerOf(tx, deps.vault, definition);
    await recordChange(tx, {
      by,
      requestId,
      action: 'createCampaign',
      resource: 'campaign',
      resourceId: created.id,
      before: null,
      after: { revision: 1, definition: recordedDefinition(definition) },
      at,
    });
    return created;
  });
  c.header('ETag', etag(campaign));
  c.header('Location', `/v1/campaigns/${campaign.id}`);
  return c.json(campaignJson(campaign), 201);
});
