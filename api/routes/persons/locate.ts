import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { addLocations } from '../../../db/repositories/locations.ts';
import { notFound } from '../../../domain/failures.ts';
import { STATED_CONFIDENCE, type LocationEvidence } from '../../../domain/facts.ts';
import type { EpochMs } from '../../../domain/time.ts';
import { isKnownZone, regionOfCode } from '../../../policies/index.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse, personParams } from '../../schemas.ts';
import { locationJson, locationSchema } from './location-model.ts';

const bodySchema = z
  .strictObject({
    source: z
      .enum(['declared', 'address', 'billing'])
      .openapi({ description: 'What says so: the person themself, their address, or that of their bills' }),
    jurisdiction: z
      .string()
      .refine(
        (code) => /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/.test(code) && regionOfCode(code) !== null,
        'is not a jurisdiction; expected ISO 3166, such as CN, US or US-FL',
      )
      .nullable()
      .default(null),
    zone: z
      .string()
      .max(100)
      .refine(isKnownZone, 'is no IANA time zone; expected one such as Asia/Shanghai')
      .nullable()
      .default(null)
      .openapi({
        description: 'Left out: all zones of the state or province; none of a country that has several',
      }),
  })
  .refine((body) => body.jurisdiction !== null || body.zone !== null, {
    path: ['jurisdiction'],
    message: 'is missing, and so is zone; expected one of them at least',
  });

const answerSchema = z.object({
  added: z.number().int().openapi({ description: 'Pieces of evidence that were not on record before' }),
  locations: z.array(locationSchema).openapi({
    description: 'All evidence of the primary number; every place and zone of it must allow a call',
  }),
});

const route = createRoute({
  method: 'post',
  path: '/v1/persons/{personId}/locations',
  tags: ['Persons'],
  summary: 'Record where a person may be (所在地)',
  description:
    'Evidence of the primary number beside what is known, which the next decision sees. The same evidence again ' +
    'changes nothing; what was wrong is taken back by itself.',
  operationId: 'addLocation',
  request: { params: personParams, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(answerSchema, 'It was recorded before'),
    201: jsonResponse(answerSchema, 'Recorded'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const addLocation = operation(route, 'persons.locate', (deps) => async (c) => {
  const { personId } = c.req.valid('param');
  const stated = c.req.valid('json');
  const at = deps.clock.now();
  const { locations, added } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const done = await addLocations(tx, personId, evidenceOf(stated, at));
    if (done === null) throw notFound('the person, or a number of theirs');
    if (done.added > 0) {
      await recordChange(tx, {
        ...authorOf(c),
        action: 'addLocation',
        resource: 'person',
        resourceId: personId,
        before: null,
        after: { ...stated, added: done.added },
        at,
      });
    }
    return done;
  });
  const answer = {
    added,
    locations: locations.map((one) => locationJson(personId, one)),
  };
  return added > 0 ? c.json(answer, 201) : c.json(answer, 200);
});

function evidenceOf(
  { source, jurisdiction, zone }: z.infer<typeof bodySchema>,
  recordedAt: EpochMs,
): LocationEvidence[] {
  const ofRegion = jurisdiction === null ? [] : (regionOfCode(jurisdiction)?.zones ?? []);
  const zones = zone !== null ? [zone] : ofRegion.length > 0 ? ofRegion : [null];
  return zones.map((one) => ({
    jurisdiction,
    zone: one,
    source,
    confidence: STATED_CONFIDENCE[source],
    recordedAt,
  }));
}
