import { z } from '@hono/zod-openapi';
import type { ShownAttempt } from '../../../db/repositories/attempt-lists.ts';
import { attemptIdOf } from '../../../domain/ids.ts';
import { toIso } from '../../../domain/time.ts';
import {
  attemptStateSchema,
  channelSchema,
  dispositionSchema,
  outcomeSchema,
  purposeSchema,
} from '../../../domain/vocabulary.ts';
import { contactParams, isoOrNull } from '../../schemas.ts';
import { nextStepJson, nextStepSchema } from './next-step.ts';

/** An attempt's id is its contact's and its number: an id with a slash would not stand in a path. */
export const attemptParams = contactParams.extend({
  ordinal: z.coerce.number().int().min(1).max(1_000_000).openapi({ description: 'From 1' }),
});

export function attemptIdFrom(params: z.infer<typeof attemptParams>): string {
  return attemptIdOf(params.contactId, params.ordinal);
}

export const attemptSchema = z
  .object({
    id: z.string().openapi({ example: '0195b3a0-0000-7000-8000-000000000001/1' }),
    number: z.number().int(),
    contactId: z.string(),
    campaignId: z.string(),
    personId: z.string(),
    admission: z.number().int(),
    decisionId: z
      .string()
      .nullable()
      .openapi({ description: 'Null: lost with a backup; the attempt stands on the word of its carrier' }),
    purpose: purposeSchema,
    channel: channelSchema,
    carrier: z.string().nullable(),
    carrierRef: z.string().nullable(),
    state: attemptStateSchema,
    outcome: outcomeSchema.nullable(),
    disposition: dispositionSchema.nullable(),
    conversation: z.boolean().openapi({ description: 'A person was talked to' }),
    reason: z.string().nullable(),
    nextStep: nextStepSchema.nullable().openapi({
      description:
        'Null: it is not over, or the rules were not asked, such as after a stop or what was taken back',
    }),
    claimedAt: z.string(),
    sendingAt: z.string().nullable(),
    sentAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    allowUntil: z.string().nullable().openapi({ description: 'End of what the policies allowed' }),
    hangupRequestedReal: z.string().nullable().openapi({ description: 'Real time' }),
    reportedReal: z
      .string()
      .nullable()
      .openapi({ description: 'When its workflow was told what it came to; real time' }),
  })
  .openapi('Attempt', { description: 'One intent to ring (呼叫尝试).' });

export function attemptJson(row: ShownAttempt): z.infer<typeof attemptSchema> {
  const { n, ...rest } = row;
  return {
    ...rest,
    number: n,
    nextStep: row.nextStep === null ? null : nextStepJson(row.nextStep),
    claimedAt: toIso(row.claimedAt),
    sendingAt: isoOrNull(row.sendingAt),
    sentAt: isoOrNull(row.sentAt),
    endedAt: isoOrNull(row.endedAt),
    allowUntil: isoOrNull(row.allowUntil),
    hangupRequestedReal: isoOrNull(row.hangupRequestedReal),
    reportedReal: isoOrNull(row.reportedReal),
  };
}
