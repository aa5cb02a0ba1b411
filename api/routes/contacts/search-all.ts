import { createRoute, z } from '@hono/zod-openapi';
import { FOUND_MAX, contactsByExternalId, contactsByNumber } from '../../../db/repositories/contact-lists.ts';
import { numbersOfPersons } from '../../../db/repositories/contacts.ts';
import { maskAll } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { contactsJson, contactSchema, searchBodySchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/contacts/search',
  tags: ['Contacts'],
  summary: "Find contacts in all campaigns by the customer's own id or by number",
  description:
    `Newest first, at most ${FOUND_MAX}; none found is an empty list. A POST, because what may name a person never ` +
    'stands in an address.',
  operationId: 'searchContacts',
  request: { body: jsonBody(searchBodySchema) },
  responses: {
    200: jsonResponse(z.object({ items: z.array(contactSchema) }), 'Those found; numbers masked'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const searchContacts = operation(
  route,
  'contacts.read',
  (deps) => async (c) => {
    const body = c.req.valid('json');
    const tenantId = c.get('tenantId');
    const { rows, numbers } = await deps.db.inTenant(tenantId, async (tx) => {
      const found =
        'number' in body
          ? await contactsByNumber(tx, deps.vault.numberHash(tenantId, body.number))
          : await contactsByExternalId(tx, body.externalId);
      const personIds = found.map((row) => row.personId);
      return { rows: found, numbers: await numbersOfPersons(tx, personIds) };
    });
    return c.json({ items: contactsJson(rows, await maskAll(tenantId, deps.vault, numbers)) }, 200);
  },
  { idempotency: 'none' },
);
