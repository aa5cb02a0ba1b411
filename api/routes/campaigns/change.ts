import { createRoute, z } from '@hono/zod-openapi';
import { changeCampaign as applyChange } from '../../actions/change-campaign.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, revisionOf } from '../../revisions.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { campaignJson, campaignSchema } from './model.ts';

const patchSchema = z.record(z.string(), z.unknown()).openapi('CampaignPatch', {
  description:
    'JSON merge patch (RFC 7396) of the definition: what it names replaces, null takes a part back to its default.',
  example: { retry: { maxAttempts: 4, byOutcome: { busy: { delayMinutes: [10, 30] } } } },
});

const route = createRoute({
  method: 'patch',
  path: '/v1/campaigns/{campaignId}',
  tags: ['Campaigns'],
  summary: 'Change the definition, also while it runs',
  description:
    'Makes a new revision; every old one is kept. Retry rules, calling hours, schedule, concurrency, pace, carrier ' +
    'and the rest may change while the campaign runs and bind from the next admission on. Purpose, channel and mode ' +
    'cannot change once it was started: consents, caps and the attempts already made are counted by them.',
  operationId: 'changeCampaign',
  request: {
    params: campaignParams,
    headers: z.object({
      'if-match': z
        .string()
        .regex(/^(W\/)?"?\d+"?$/, 'is not a revision; expected the ETag of the campaign, such as "3"')
        .optional()
        .openapi({ description: 'ETag of the revision the change was made for', example: '"3"' }),
    }),
    body: {
      content: {
        'application/merge-patch+json': { schema: patchSchema },
        'application/json': { schema: patchSchema },
      },
      required: true,
    },
  },
  responses: {
    200: jsonResponse(campaignSchema, 'The new revision'),
    ...problemResponses(
      'invalid_input',
      'unauthorized',
      'not_found',
      'conflict',
      'precondition_failed',
      'refused',
      'precondition_required',
    ),
  },
});

export const changeCampaign = operation(route, 'campaigns.write', (deps) => async (c) => {
  const campaign = await applyChange(deps, {
    tenantId: c.get('tenantId'),
    campaignId: c.req.valid('param').campaignId,
    patch: c.req.valid('json'),
    ifRevision: revisionOf(c.req.valid('header')['if-match']),
    ...authorOf(c),
  });
  c.header('ETag', etag(campaign));
  return c.json(campaignJson(campaign), 200);
});
