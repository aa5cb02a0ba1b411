import { z } from '@hono/zod-openapi';
import type { CallbackRow } from '../../../db/repositories/callbacks.ts';
import { CALLBACK_STATUSES } from '../../../domain/callback.ts';
import { toIso } from '../../../domain/time.ts';
import type { Promised } from '../../actions/callbacks.ts';
import { inputIdSchema, isoOrNull } from '../../schemas.ts';

export const callbackParams = z.object({ callbackId: inputIdSchema.openapi({ description: 'Callback id' }) });

export const callbackStatusSchema = z.enum(CALLBACK_STATUSES);

export const topicSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'is not a topic; expected a code of up to 63 of a–z, 0–9 and . _ -')
  .openapi({
    description: 'What it is about, as a code of your own; no free text, which could name the person',
    example: 'contract-question',
  });

export const ownerSchema = z
  .string()
  .regex(/^[\w.:@/-]{1,200}$/, 'is not an owner; expected an account or a team, such as team:renewals')
  .openapi({ description: 'Whose promise it is; left out: yours', example: 'team:renewals' });

export const callbackSchema = z
  .object({
    id: z.string(),
    contactId: z.string(),
    campaignId: z.string(),
    personId: z.string(),
    from: z.string().openapi({ description: 'Not before this instant' }),
    until: z.string().openapi({ description: 'And before this one' }),
    status: callbackStatusSchema,
    reason: z.string().nullable().openapi({
      description: 'Why it was breached or cancelled: a reason code of a rule, or of what stood still',
    }),
    topic: z.string().nullable(),
    owner: z.string(),
    attemptId: z.string().nullable().openapi({ description: 'The attempt that kept it' }),
    revision: z.number().int().openapi({ description: 'Also the ETag; send it as If-Match with a change' }),
    createdBy: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    settledAt: z.string().nullable(),
  })
  .openapi('Callback', { description: 'A promise to call back within a window (预约回拨).' });

export function callbackJson(row: CallbackRow): z.infer<typeof callbackSchema> {
  const {
    id,
    contactId,
    campaignId,
    personId,
    status,
    reason,
    topic,
    owner,
    attemptId,
    revision,
    createdBy,
  } = row;
  return {
    id,
    contactId,
    campaignId,
    personId,
    from: toIso(row.fromAt),
    until: toIso(row.untilAt),
    status,
    reason,
    topic,
    owner,
    attemptId,
    revision,
    createdBy,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
    settledAt: isoOrNull(row.settledAt),
  };
}

export const promisedSchema = z.object({
  callback: callbackSchema,
  warning: z
    .object({
      verdict: z.enum(['defer', 'deny']),
      allowedFrom: z.string().nullable(),
      reasons: z.array(z.string()),
    })
    .nullable()
    .openapi({
      description:
        'A call at the beginning of the window would not be allowed as things stand, and from when it would be. ' +
        'Null: it would be. Rules are asked again when it falls due; no promise goes round them.',
    }),
});

export function promisedJson({ callback, warning }: Promised): z.infer<typeof promisedSchema> {
  return {
    callback: callbackJson(callback),
    warning:
      warning === null
        ? null
        : {
            verdict: warning.verdict,
            allowedFrom: isoOrNull(warning.allowedFrom),
            reasons: [...warning.reasons],
          },
  };
}
