import { z } from '@hono/zod-openapi';
import type { ListedDecision } from '../../../db/repositories/decisions.ts';
import { toIso } from '../../../domain/time.ts';
import { isoOrNull } from '../../schemas.ts';

export const verdictKindSchema = z.enum(['allow', 'defer', 'deny']);
export const stageSchema = z.enum(['admission', 'dial']).openapi({
  description: 'admission: screened when its turn came; dial: at the gate, with a permit if allowed',
});

export const decisionSchema = z
  .object({
    id: z.string(),
    campaignId: z.string(),
    contactId: z.string(),
    personId: z.string(),
    stage: stageSchema,
    admission: z.number().int(),
    at: z.string(),
    verdict: verdictKindSchema,
    until: z.string().nullable(),
    reasons: z.array(z.string()),
  })
  .openapi('Decision', { description: 'What was decided before a phone could ring.' });

export function decisionJson(row: ListedDecision): z.infer<typeof decisionSchema> {
  return {
    id: row.id,
    campaignId: row.campaignId,
    contactId: row.contactId,
    personId: row.personId,
    stage: row.stage,
    admission: row.admission,
    at: toIso(row.at),
    verdict: row.verdict,
    until: isoOrNull(row.until),
    reasons: [...row.reasons],
  };
}
