import { createRoute, z } from '@hono/zod-openapi';
import { personOfNumber } from '../../../db/repositories/contacts.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse, numberSchema } from '../../schemas.ts';
import { personJson, personSchema, readPerson } from './read.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/persons/search',
  tags: ['Persons'],
  summary: 'Find a person by number',
  description: 'A POST, because numbers never stand in an address.',
  operationId: 'searchPerson',
  request: { body: jsonBody(z.strictObject({ number: numberSchema })) },
  responses: {
    200: jsonResponse(personSchema, 'The person who has the number'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const searchPerson = operation(
  route,
  'persons.read',
  (deps) => async (c) => {
    const tenantId = c.get('tenantId');
    const numberHash = deps.vault.numberHash(tenantId, c.req.valid('json').number);
    const person = await deps.db.inTenant(tenantId, async (tx) => {
      const personId = await personOfNumber(tx, numberHash);
      if (personId === null) throw notFound('a person with this number');
      return readPerson(tx, personId);
    });
    return c.json(await personJson(tenantId, deps.vault, person), 200);
  },
  { idempotency: 'none' },
);
