import { z } from '@hono/zod-openapi';
import type { ListedContact } from '../../../db/repositories/contact-lists.ts';
import { toIso } from '../../../domain/time.ts';
import { contactStateSchema } from '../../../domain/vocabulary.ts';
import { numberSchema, stopSchema } from '../../schemas.ts';

/** Where a rule stands written. */
export const citationSchema = z.object({
  instrument: z.string(),
  article: z.string().nullable(),
  url: z.string().nullable(),
});

/** What a contact can be found by. */
export const searchBodySchema = z.union([
  z.strictObject({ externalId: z.string().min(1).max(500) }),
  z.strictObject({ number: numberSchema }),
]);

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
    importId: z.string().nullable().openapi({ description: 'The import it came by' }),
    preferredAgentId: z.string().nullable().openapi({ description: 'The agent whom it belongs to' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Contact');

export function contactJson(row: ListedContact, numbers: readonly string[]): z.infer<typeof contactSchema> {
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
    importId: row.importId,
    preferredAgentId: row.preferredAgentId,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
  };
}

export const stoppedContactSchema = z.object({
  contactId: z.string(),
  state: contactStateSchema,
  ended: z.boolean().openapi({ description: 'False: it had ended before this' }),
  stop: stopSchema,
});

/** Contacts with the masked numbers of their persons. @param numbers by person id */
export function contactsJson(
  rows: readonly ListedContact[],
  numbers: ReadonlyMap<string, readonly string[]>,
): z.infer<typeof contactSchema>[] {
  return rows.map((row) => contactJson(row, numbers.get(row.personId) ?? []));
}
