import { z } from '@hono/zod-openapi';
import type { ContactRow } from '../../../db/repositories/contacts.ts';
import { toIso } from '../../../domain/time.ts';
import { contactStateSchema } from '../../../domain/vocabulary.ts';

export const contactSchema = z
  .object({
    id: z.string(),
    campaignId: z.string(),
    personId: z.string(),
    externalId: z.string().nullable(),
    numbers: z.array(z.string()).openapi({ description: 'Masked', example: ['+1 202****0100'] }),
    state: contactStateSchema,
    stateReason: z.string().nullable(),
    priority: z.number().int(),
    readyAt: z.string().openapi({ description: 'Not before this instant, while it waits' }),
    attempts: z.number().int(),
    countedAttempts: z.number().int().openapi({ description: 'Attempts that rang or may have rung' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Contact');

export function contactJson(row: ContactRow, numbers: readonly string[]): z.infer<typeof contactSchema> {
  return {
    id: row.id,
    campaignId: row.campaignId,
    personId: row.personId,
    externalId: row.externalId,
    numbers: [...numbers],
    state: row.state,
    stateReason: row.stateReason,
    priority: row.priority,
    readyAt: toIso(row.readyAt),
    attempts: row.attempts,
    countedAttempts: row.countedAttempts,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
  };
}
