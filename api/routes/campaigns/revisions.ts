import { createRoute, z } from '@hono/zod-openapi';
import { listCampaignRevisions as readRevisions } from '../../../db/repositories/campaigns.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonResponse } from '../../schemas.ts';
import { definitionSchema } from './model.ts';

const revisionSchema = z
  .object({
    revision: z.number().int(),
    definition: definitionSchema,
    changedBy: z.string(),
    changedAt: z.string(),
  })
  .openapi('CampaignRevision');

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/revisions',
  tags: ['Campaigns'],
  summary: 'Every definition it ever had, oldest first',
  operationId: 'listCampaignRevisions',
  request: { params: campaignParams },
  responses: {
    200: jsonResponse(z.object({ items: z.array(revisionSchema) }), 'With who changed it and when'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listCampaignRevisions = operation(route, 'campaigns.read', (deps) => async (c) => {
  const { campaignId } = c.req.valid('param');
  const rows = await deps.db.inTenant(c.get('tenantId'), (tx) => readRevisions(tx, campaignId));
  if (rows.length === 0) throw notFound('the campaign');
  const items = rows.map((row) => ({
    revision: row.revision,
    definition: row.definition,
    changedBy: row.changedBy,
    changedAt: toIso(row.changedAt),
  }));
  return c.json({ items }, 200);
});
