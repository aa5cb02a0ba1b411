import { isDeepStrictEqual } from 'node:util';
import { createRoute, z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { campaignById, insertCampaign } from '../../../db/repositories/campaigns.ts';
import { carrierByName } from '../../../db/repositories/carriers.ts';
import { RightcallError } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonBody, jsonResponse } from '../../schemas.ts';
import { campaignJson, campaignSchema, definitionSchema, etagOf } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns',
  tags: ['Campaigns'],
  summary: 'Create a campaign (外呼任务) as a draft',
  description:
    'With `Idempotency-Key` (a UUID of your choosing) the campaign gets that id, and sending the same again answers ' +
    'with the same campaign. The carrier it names is needed only when it is started.',
  operationId: 'createCampaign',
  request: {
    headers: z.object({ 'idempotency-key': inputIdSchema.optional() }),
    body: jsonBody(definitionSchema),
  },
  responses: {
    200: jsonResponse(campaignSchema, 'It was created before under this Idempotency-Key'),
    201: jsonResponse(campaignSchema, 'Created'),
    ...problemResponses('invalid_input', 'unauthorized', 'conflict'),
  },
});

export const createCampaign = operation(route, (deps) => async (c) => {
  const definition = c.req.valid('json');
  const id = c.req.valid('header')['idempotency-key'] ?? uuidv7();
  const { campaign, created } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const carrier = await carrierByName(tx, definition.carrier);
    const made = await insertCampaign(tx, {
      id,
      definition,
      carrierId: carrier?.id ?? null,
      by: c.get('actor'),
      at: deps.clock.now(),
    });
    return { campaign: made ?? (await campaignById(tx, id)), created: made !== null };
  });
  if (campaign === null || (!created && !isDeepStrictEqual(campaign.definition, definition))) {
    throw new RightcallError('conflict', 'this Idempotency-Key was used for another campaign');
  }
  c.header('ETag', etagOf(campaign));
  c.header('Location', `/v1/campaigns/${campaign.id}`);
  return created ? c.json(campaignJson(campaign), 201) : c.json(campaignJson(campaign), 200);
});
