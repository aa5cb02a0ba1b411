import { createRoute, z } from '@hono/zod-openapi';
import {
  CAMPAIGN_ORDERS,
  listCampaigns as readCampaigns,
  placeOf,
  type CampaignPlace,
} from '../../../db/repositories/campaigns.ts';
import { campaignStatusSchema, purposeSchema } from '../../../domain/vocabulary.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { campaignJson, campaignSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns',
  tags: ['Campaigns'],
  summary: 'Campaigns, newest first',
  description:
    'Filters: `status`, `purpose`, `name` (a part of it, in any case). Orders (`sort`): `-created` (as without), ' +
    '`created`, `name`, `-name`, `-started`, `started`; those never started come before all others in `started`.',
  operationId: 'listCampaigns',
  request: {
    query: cursorQuery.extend({
      status: campaignStatusSchema.optional(),
      purpose: purposeSchema.optional(),
      name: z.string().trim().min(1).max(200).optional().openapi({ description: 'A part of the name' }),
      sort: z.enum(CAMPAIGN_ORDERS).default('-created'),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(campaignSchema), 'One page; `next` is `after` of the following one'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listCampaigns = operation(route, 'campaigns.read', (deps) => async (c) => {
  const { limit, after, sort, ...filters } = c.req.valid('query');
  const tenantId = c.get('tenantId');
  const asked = { ...filters, sort };
  const place = readCursor<CampaignPlace>(deps.vault, tenantId, 'listCampaigns', asked, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readCampaigns(tx, {
      status: filters.status ?? null,
      purpose: filters.purpose ?? null,
      name: filters.name ?? null,
      order: sort,
      after: place,
      limit: limit + 1,
    }),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? writeCursor(deps.vault, tenantId, 'listCampaigns', asked, placeOf(sort, last))
      : null;
  return c.json({ items: items.map(campaignJson), next }, 200);
});
