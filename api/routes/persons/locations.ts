import { createRoute, z } from '@hono/zod-openapi';
import { locationsOf } from '../../../db/repositories/locations.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, personParams } from '../../schemas.ts';
import { locationJson, locationSchema } from './location-model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/persons/{personId}/locations',
  tags: ['Persons'],
  summary: 'Where a person may be (所在地), by all evidence of the primary number',
  description: 'All of it: a number has a few pieces. Every place and zone of it must allow a call.',
  operationId: 'listLocations',
  request: { params: personParams },
  responses: {
    200: jsonResponse(z.object({ items: z.array(locationSchema) }), 'In the order in which it was recorded'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const listLocations = operation(route, 'persons.read', (deps) => async (c) => {
  const { personId } = c.req.valid('param');
  const locations = await deps.db.inTenant(c.get('tenantId'), (tx) => locationsOf(tx, personId));
  if (locations === null) throw notFound('the person, or a number of theirs');
  return c.json({ items: locations.map((one) => locationJson(personId, one)) }, 200);
});
