import { createRoute, z } from '@hono/zod-openapi';
import { retractLocations as apply } from '../../actions/retract-locations.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonBody, jsonResponse, personParams } from '../../schemas.ts';
import { locationJson, locationSchema } from './location-model.ts';
import { statedReasonSchema } from './reason.ts';

/** More than any address adds at once: the state with the most zones has a dozen. */
const IDS_MAX = 50;

const bodySchema = z.strictObject({
  ids: z
    .array(inputIdSchema)
    .min(1, 'names no evidence; expected at least one id')
    .max(IDS_MAX)
    .openapi({ description: 'Of evidence on record; an address may be several pieces, one for each zone' }),
  reason: statedReasonSchema.openapi({ example: 'moved away in May, told on the hotline' }),
});

const answerSchema = z.object({
  retracted: z.array(locationSchema),
  locations: z.array(locationSchema).openapi({ description: 'What is left on record' }),
  lookedAtAgain: z
    .number()
    .int()
    .openapi({ description: 'Contacts that a decision had put off or denied; the next one is made anew' }),
});

const route = createRoute({
  method: 'post',
  path: '/v1/persons/{personId}/locations/retract',
  tags: ['Persons'],
  summary: 'Take back where a person was said to be: decisions do not ask for that place any more',
  description:
    'For what was stated wrongly or is true no longer: declared, address, billing. What the number itself says stays, ' +
    'and so does every other piece of evidence: each must still allow a call. An earlier instant is explained by what ' +
    'was on record then, and decisions that were made keep what they saw. All of it or, where an id is wrong, nothing.',
  operationId: 'retractLocations',
  request: { params: personParams, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(answerSchema, 'Taken back'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const retractLocations = operation(route, 'persons.relocate', (deps) => async (c) => {
  const { personId } = c.req.valid('param');
  const { ids, reason } = c.req.valid('json');
  const done = await apply(deps, { tenantId: c.get('tenantId'), ...authorOf(c) }, { personId, ids, reason });
  return c.json(
    {
      retracted: done.retracted.map((one) => locationJson(personId, one)),
      locations: done.locations.map((one) => locationJson(personId, one)),
      lookedAtAgain: done.lookedAtAgain,
    },
    200,
  );
});
