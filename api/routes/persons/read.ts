import { createRoute, z } from '@hono/zod-openapi';
import type { Tx } from '../../../db/client.ts';
import { consentEventsOf } from '../../../db/repositories/consents.ts';
import { contactsOfPerson, personExists } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import type { ApiDeps } from '../../deps.ts';
import { maskedNumbers } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, personParams } from '../../schemas.ts';
import { contactJson, contactSchema } from '../contacts/model.ts';
import { consentEventJson, consentEventSchema } from './model.ts';

export const personSchema = z
  .object({
    id: z.string(),
    numbers: z.array(z.string()).openapi({ description: 'Masked, the primary one first' }),
    consents: z.array(consentEventSchema),
    contacts: z.array(contactSchema),
  })
  .openapi('Person', { description: 'A data subject (个人).' });

/** The person with everything that belongs to them, masked. @throws RightcallError `not_found` */
export async function readPerson(
  tx: Tx,
  deps: Pick<ApiDeps, 'vault'>,
  personId: string,
): Promise<z.infer<typeof personSchema>> {
  if (!(await personExists(tx, personId))) throw notFound('the person');
  const numbers = (await maskedNumbers(tx, deps.vault, [personId])).get(personId) ?? [];
  const consents = await consentEventsOf(tx, personId);
  const contacts = await contactsOfPerson(tx, personId);
  return {
    id: personId,
    numbers,
    consents: consents.map(consentEventJson),
    contacts: contacts.map((contact) => contactJson(contact, numbers)),
  };
}

const route = createRoute({
  method: 'get',
  path: '/v1/persons/{personId}',
  tags: ['Persons'],
  summary: 'A person (个人): masked numbers, consents, contacts',
  operationId: 'getPerson',
  request: { params: personParams },
  responses: {
    200: jsonResponse(personSchema, 'The person'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getPerson = operation(route, 'persons.read', (deps) => async (c) => {
  const { personId } = c.req.valid('param');
  return c.json(await deps.db.inTenant(c.get('tenantId'), (tx) => readPerson(tx, deps, personId)), 200);
});
