import { createRoute } from '@hono/zod-openapi';
import { contactById } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { maskedNumbers } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, jsonResponse } from '../../schemas.ts';
import { contactJson, contactSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/contacts/{contactId}',
  tags: ['Contacts'],
  summary: 'One contact (客户名单项)',
  operationId: 'getContact',
  request: { params: contactParams },
  responses: {
    200: jsonResponse(contactSchema, 'As it stands; numbers masked'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getContact = operation(route, 'contacts.read', (deps) => async (c) => {
  const { contactId } = c.req.valid('param');
  const found = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const contact = await contactById(tx, contactId);
    if (contact === null) throw notFound('the contact');
    return { contact, numbers: await maskedNumbers(tx, deps.vault, [contact.personId]) };
  });
  return c.json(contactJson(found.contact, found.numbers.get(found.contact.personId) ?? []), 200);
});
