import { createRoute } from '@hono/zod-openapi';
import { contactById, numbersOfPersons } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { maskAll } from '../../masking.ts';
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
  const tenantId = c.get('tenantId');
  const { contactId } = c.req.valid('param');
  const found = await deps.db.inTenant(tenantId, async (tx) => {
    const contact = await contactById(tx, contactId);
    if (contact === null) throw notFound('the contact');
    return { contact, numbers: await numbersOfPersons(tx, [contact.personId]) };
  });
  const numbers = await maskAll(tenantId, deps.vault, found.numbers);
  return c.json(contactJson(found.contact, numbers.get(found.contact.personId) ?? []), 200);
});
