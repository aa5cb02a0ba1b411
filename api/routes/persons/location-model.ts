import { z } from '@hono/zod-openapi';
import { locationId } from '../../../db/repositories/locations.ts';
import { isStatedSource, locationEvidenceSchema, type LocationEvidence } from '../../../domain/facts.ts';
import { isoOrNull } from '../../schemas.ts';

export const locationSchema = z
  .object({
    id: z.string().openapi({ description: 'Of one person: the same evidence again has the same id' }),
    ...locationEvidenceSchema.shape,
    recordedAt: z.string().nullable(),
    retractable: z.boolean().openapi({ description: 'Somebody stated it; else the number itself says it' }),
  })
  .openapi('Location', { description: 'One piece of evidence of where a person may be (所在地).' });

export function locationJson(personId: string, of: LocationEvidence): z.infer<typeof locationSchema> {
  return {
    id: locationId(personId, of),
    ...of,
    recordedAt: isoOrNull(of.recordedAt),
    retractable: isStatedSource(of.source),
  };
}
