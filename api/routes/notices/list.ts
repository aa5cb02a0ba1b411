import { createRoute, z } from '@hono/zod-openapi';
import { listNotices as all } from '../../../db/repositories/consent-notices.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { noticeJson, publishedNoticeSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/consent-notices',
  tags: ['Persons'],
  summary: 'The texts that people are shown before they consent, by id, the latest version of each first',
  description: 'All of them: a tenant has a few dozen.',
  operationId: 'listNotices',
  responses: {
    200: jsonResponse(z.object({ items: z.array(publishedNoticeSchema) }), 'All versions'),
    ...problemResponses('unauthorized'),
  },
});

export const listNotices = operation(route, 'consents.read', (deps) => async (c) => {
  const rows = await deps.db.inTenant(c.get('tenantId'), all);
  return c.json({ items: rows.map(noticeJson) }, 200);
});
