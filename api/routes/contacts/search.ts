import { createRoute } from '@hono/zod-openapi';
import { findContact, numbersOfPersons } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { maskAll } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, jsonBody, jsonResponse } from '../../schemas.ts';
import { contactJson, contactSchema, searchBodySchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/contacts/search',
  tags: ['Contacts'],
  summary: "Find a contact of a campaign by the customer's own id or by number",
  description:
    'A POST, because what may name a person never stands in an address: addresses are logged everywhere.',
  operationId: 'searchContact',
  request: { params: campaignParams, body: jsonBody(searchBodySchema) },
  responses: {
    200: jsonResponse(contactSchema, 'The contact; numbers masked'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const searchContact = operation(
  route,
  'contacts.read',
  (deps) => async (c) => {
    const { campaignId } = c.req.valid('param');
    const body = c.req.valid('json');
    const tenantId = c.get('tenantId');
    const by = 'number' in body ? { numberHash: deps.vault.numberHash(tenantId, body.number) } : body;
    const found = await deps.db.inTenant(tenantId, async (tx) => {
      const contact = await findContact(tx, campaignId, by);
      if (contact === null) throw notFound('the contact');
      return { contact, numbers: await numbersOfPersons(tx, [contact.personId]) };
    });
    const numbers = await maskAll(tenantId, deps.vault, found.numbers);
    return c.json(contactJson(found.contact, numbers.get(found.contact.personId) ?? []), 200);
  },
  { idempotency: 'none' },
);
