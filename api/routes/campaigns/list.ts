import { createRoute, z } from '@hono/zod-openapi';
import { listCampaigns as readCampaigns } from '../../../db/repositories/campaigns.ts';
import { campaignStatusSchema } from '../../../domain/vocabulary.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonResponse, pageQuery } from '../../schemas.ts';
import { campaignJson, campaignSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns',
  tags: ['Campaigns'],
  summary: 'Campaigns, newest first',
  operationId: 'listCampaigns',
  request: {
    query: pageQuery.extend({ status: campaignStatusSchema.optional(), after: inputIdSchema.optional() }),
  },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(campaignSchema), next: z.string().nullable() }),
      'One page; `next` is `after` of the following one',
    ),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listCampaigns = operation(route, 'campaigns.read', (deps) => async (c) => {
  const { status, after, limit } = c.req.valid('query');
  const rows = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    readCampaigns(tx, { status: status ?? null, before: after ?? null, limit }),
  );
  const next = rows.length < limit ? null : (rows.at(-1)?.id ?? null);
  return c.json({ items: rows.map(campaignJson), next }, 200);
});
