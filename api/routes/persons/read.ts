import { createRoute, z } from '@hono/zod-openapi';
import type { Tx } from '../../../db/client.ts';
import { consentEventsOf, type ConsentEventRow } from '../../../db/repositories/consents.ts';
import { lastUseOf } from '../../../db/repositories/consent-use.ts';
import {
  contactsOfPerson,
  numbersOfPersons,
  type ContactRow,
  type PersonNumber,
} from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { maskNumber, maskText } from '../../../domain/mask.ts';
import type { ApiVault } from '../../deps.ts';
import { ERASED_NUMBER } from '../../masking.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, personParams } from '../../schemas.ts';
import { contactJson, contactSchema } from '../contacts/model.ts';
import { consentEventJson, consentEventSchema } from './model.ts';

export const personSchema = z
  .object({
    id: z.string(),
    numbers: z.array(z.string()).openapi({ description: 'Masked, the primary one first' }),
    profile: z
      .record(z.string(), z.string())
      .openapi({ description: 'Masked; what there is, such as name', example: { name: 'xx' } }),
    erased: z.boolean().openapi({ description: 'Its key is gone: nothing of it can be read any more' }),
    consents: z.array(consentEventSchema),
    contacts: z.array(contactSchema),
  })
  .openapi('Person', { description: 'A data subject (个人).' });

interface SealedPerson {
  readonly id: string;
  readonly profile: Buffer | null;
  readonly erased: boolean;
  readonly numbers: readonly PersonNumber[];
  readonly consents: readonly ConsentEventRow[];
  readonly lastUse: Awaited<ReturnType<typeof lastUseOf>>;
  readonly contacts: readonly ContactRow[];
}

/** The person with everything that belongs to them, as it is stored. @throws RightcallError `not_found` */
export async function readPerson(tx: Tx, personId: string): Promise<SealedPerson> {
  const rows = await tx.query<{ profile: Buffer | null; erased: boolean }>(
    'SELECT profile, erased_real IS NOT NULL AS erased FROM persons WHERE tenant_id = $1 AND id = $2',
    [tx.tenantId, personId],
  );
  if (rows[0] === undefined) throw notFound('the person');
  const consents = await consentEventsOf(tx, personId);
  return {
    id: personId,
    ...rows[0],
    numbers: await numbersOfPersons(tx, [personId]),
    consents,
    lastUse: await lastUseOf(tx, consents),
    contacts: await contactsOfPerson(tx, personId),
  };
}

/** The same as people may see it (I8). Looks a key up: call it outside of a transaction. */
export async function personJson(
  tenantId: string,
  vault: ApiVault,
  person: SealedPerson,
): Promise<z.infer<typeof personSchema>> {
  const sealer = (await vault.sealersOf(tenantId, [person.id])).get(person.id);
  try {
    const numbers = person.numbers.map((number) =>
      sealer === undefined ? ERASED_NUMBER : maskNumber(sealer.openNumber(number.sealedNumber)),
    );
    const profile = sealer === undefined || person.profile === null ? {} : sealer.openProfile(person.profile);
    return {
      id: person.id,
      numbers,
      profile: Object.fromEntries(Object.entries(profile).map(([key, value]) => [key, maskText(value)])),
      erased: person.erased || sealer === undefined,
      consents: person.consents.map((event) => consentEventJson(event, person.lastUse)),
      contacts: person.contacts.map((contact) => contactJson(contact, numbers)),
    };
  } finally {
    sealer?.dispose();
  }
}

const route = createRoute({
  method: 'get',
  path: '/v1/persons/{personId}',
  tags: ['Persons'],
  summary: 'A person (个人): masked numbers and profile, consents, contacts',
  operationId: 'getPerson',
  request: { params: personParams },
  responses: {
    200: jsonResponse(personSchema, 'The person'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getPerson = operation(route, 'persons.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { personId } = c.req.valid('param');
  const person = await deps.db.inTenant(tenantId, (tx) => readPerson(tx, personId));
  return c.json(await personJson(tenantId, deps.vault, person), 200);
});
