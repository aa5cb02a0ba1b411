import { createRoute, z } from '@hono/zod-openapi';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { listContacts as readContacts } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { contactStateSchema } from '../../../domain/vocabulary.ts';
import { maskedNumbers } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, inputIdSchema, jsonResponse, pageQuery } from '../../schemas.ts';
import { contactJson, contactSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/contacts',
  tags: ['Contacts'],
  summary: 'Contacts of a campaign',
  operationId: 'listContacts',
  request: {
    params: campaignParams,
    query: pageQuery.extend({ state: contactStateSchema.optional(), after: inputIdSchema.optional() }),
  },
  responses: {
    200: jsonResponse(
      z.object({ items: z.array(contactSchema), next: z.string().nullable() }),
      'One page; `next` is `after` of the following one',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listContacts = operation(route, 'contacts.read', (deps) => async (c) => {
  const { campaignId } = c.req.valid('param');
  const { state, after, limit } = c.req.valid('query');
  const { rows, numbers } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    if ((await campaignById(tx, campaignId)) === null) throw notFound('the campaign');
    const page = await readContacts(tx, { campaignId, state: state ?? null, after: after ?? null, limit });
    const personIds = page.map((row) => row.personId);
    return { rows: page, numbers: await maskedNumbers(tx, deps.vault, personIds) };
  });
  const items = rows.map((row) => contactJson(row, numbers.get(row.personId) ?? []));
  return c.json({ items, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) }, 200);
});
