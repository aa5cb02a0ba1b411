import { z } from '@hono/zod-openapi';
import type { DrawnStep } from '../../../domain/retry-step.ts';
import { contactStateSchema } from '../../../domain/vocabulary.ts';
import { isoOrNull } from '../../schemas.ts';

const rate = z.number().nullable().openapi({ description: 'From 0 to 1; null: too little is known' });

export const nextStepSchema = z
  .object({
    kind: z.enum(['retry', 'final']),
    state: contactStateSchema
      .nullable()
      .openapi({ description: 'That the contact ends in; null: it goes on' }),
    reason: z.string().openapi({ example: 'retry.no_answer' }),
    readyAt: z.string().nullable().openapi({
      description: 'From when the campaign would call again; rules of law may put it off. Null: not at all',
    }),
    otherNumber: z.boolean().openapi({ description: 'At another number of the person' }),
    withAgent: z.boolean().openapi({ description: 'By an agent, where a script made this call' }),
    bestTime: z
      .object({
        reason: z.string(),
        zone: z.string().nullable(),
        hour: z.number().int(),
        hourOtherwise: z.number().int(),
        rate,
        rateOtherwise: rate,
        attempts: z.number().int(),
        ownAttempts: z.number().int().openapi({ description: 'Of these, to the person' }),
      })
      .nullable()
      .openapi({ description: 'What the hour was chosen by; null: the campaign does not ask for it' }),
  })
  .openapi('NextStep', { description: 'What the campaign’s retry rules drew from an attempt' });

export function nextStepJson(step: DrawnStep): z.infer<typeof nextStepSchema> {
  return { ...step, readyAt: isoOrNull(step.readyAt) };
}
