import { createRoute, z } from '@hono/zod-openapi';
import { CLONED_CONTACTS_MAX, cloneCampaign as apply } from '../../actions/clone-campaign.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonBody, jsonResponse } from '../../schemas.ts';
import { etag } from '../../revisions.ts';
import { campaignJson, campaignSchema } from './model.ts';

const cloneSchema = z
  .strictObject({
    name: z.string().trim().min(1, 'is empty').max(200),
    changes: z
      .record(z.string(), z.unknown())
      .default({})
      .openapi({
        description: 'JSON merge patch (RFC 7396) of the definition that is copied',
        example: { schedule: { endAt: null } },
      }),
    contacts: z
      .enum(['none', 'unreached'])
      .default('none')
      .openapi({
        description:
          '`unreached`: copies of the contacts whom nobody reached (they wait, were given up, denied or stopped, and ' +
          `never picked up), as fresh ones; at most ${CLONED_CONTACTS_MAX}`,
      }),
  })
  .openapi('CampaignClone');

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/clone',
  tags: ['Campaigns'],
  summary: 'Make a draft after this campaign',
  description:
    'A campaign in any state can be cloned. Those who refused, withdrew, are suppressed, converted or were talked to ' +
    'are never copied, and the rules are asked about everyone anew.',
  operationId: 'cloneCampaign',
  request: { params: campaignParams, body: jsonBody(cloneSchema) },
  responses: {
    201: jsonResponse(
      z.object({ campaign: campaignSchema, contacts: z.number().int() }),
      'The draft, and how many contacts were copied into it',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'refused'),
  },
});

export const cloneCampaign = operation(route, 'campaigns.write', (deps) => async (c) => {
  const { campaign, contacts } = await apply(deps, {
    ...authorOf(c),
    tenantId: c.get('tenantId'),
    campaignId: c.req.valid('param').campaignId,
    ...c.req.valid('json'),
  });
  c.header('ETag', etag(campaign));
  c.header('Location', `/v1/campaigns/${campaign.id}`);
  return c.json({ campaign: campaignJson(campaign), contacts }, 201);
});
