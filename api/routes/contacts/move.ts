import { createRoute, z } from '@hono/zod-openapi';
import { contactById, numbersOfPersons } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { moveContact as apply } from '../../actions/move-contact.ts';
import { authorOf } from '../../env.ts';
import { maskAll } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { contactParams, inputIdSchema, jsonBody, jsonResponse } from '../../schemas.ts';
import { contactJson, contactSchema } from './model.ts';

const bodySchema = z.strictObject({
  campaignId: inputIdSchema.openapi({ description: 'The campaign to move to' }),
  reason: z.string().trim().min(1).max(500).optional(),
});

const route = createRoute({
  method: 'post',
  path: '/v1/contacts/{contactId}/move',
  tags: ['Contacts'],
  summary: 'Move a person to another campaign',
  description:
    'A new contact of the same person waits there, with the same attributes, externalId and priority; this one ends ' +
    'as `stopped` (`contact.moved`) and keeps its attempts. Refused (409) while a call is being made or is up, for a ' +
    'contact that has ended, and where the person is in that campaign already.',
  operationId: 'moveContact',
  request: { params: contactParams, body: jsonBody(bodySchema) },
  responses: {
    201: jsonResponse(
      z.object({ contact: contactSchema, movedFrom: z.string() }),
      'The new contact; the old one has ended',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const moveContact = operation(route, 'contacts.write', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { contactId } = c.req.valid('param');
  const { campaignId, reason } = c.req.valid('json');
  const { movedTo } = await apply(deps, {
    tenantId,
    ...authorOf(c),
    contactId,
    campaignId,
    reason: reason ?? null,
  });
  const { contact, numbers } = await deps.db.inTenant(tenantId, async (tx) => {
    const row = await contactById(tx, movedTo);
    if (row === null) throw notFound('the contact');
    return { contact: row, numbers: await numbersOfPersons(tx, [row.personId]) };
  });
  const masked = await maskAll(tenantId, deps.vault, numbers);
  return c.json(
    { contact: contactJson(contact, masked.get(contact.personId) ?? []), movedFrom: contactId },
    201,
  );
});
