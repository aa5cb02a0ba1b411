import { z } from '@hono/zod-openapi';
import type { CallbackRow } from '../../../db/repositories/callbacks.ts';
import { CALLBACK_ASKERS, CALLBACK_STATUSES, CALLBACK_STEPS } from '../../../domain/callback.ts';
import { toIso } from '../../../domain/time.ts';
import type { Promised } from '../../actions/callbacks.ts';
import { MOMENT, isDate } from '../../actions/callback-window.ts';
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
  .regex(
    /^(team:[^\u0000-\u001f]{1,195}|[\w.:@/|-]{1,200})$/,
    'is not an owner; expected agent: and an id, team: and a name, or an account',
  )
  .openapi({
    description:
      'Whose promise it is: an agent (`agent:` and their id), who is reminded and takes the call, a team (`team:` and its ' +
      'name), or an account, which is on record; left out: yours',
    example: 'team:renewals',
  });

const moment = (description: string, example: string) =>
  z
    .string()
    .regex(MOMENT, {
      error:
        'is neither an instant nor a time on a clock; expected such as 2026-03-02T09:00:00+08:00, or 2026-03-02T09:00 and a `zone`',
      abort: true,
    })
    .refine(isDate, 'is no date; expected a day that there is')
    .optional()
    .openapi({ description, example });

/** How a window is said; see windowSaid (api/actions/callback-window.ts). */
export const windowParts = {
  from: moment(
    'Not before it: an instant, or without an offset a time on the clock of `zone`',
    '2026-03-02T09:00:00+08:00',
  ),
  until: moment('And before this one', '2026-03-02T11:00:00+08:00'),
  at: moment(
    'An exact time instead of `from` and `until`; kept within the campaign’s `callbacks.exactMinutes`',
    '2026-03-02T09:00',
  ),
  zone: z.string().max(64).optional().openapi({
    description:
      'IANA zone of times without an offset; left out: the person’s own, where their number tells it',
    example: 'Asia/Shanghai',
  }),
};

const stepSchema = z
  .object({
    kind: z.enum(CALLBACK_STEPS).openapi({
      description: '`moved`: had this window before; `reminded`: its owner was; `fell_back`: others take it',
    }),
    at: z.string(),
    by: z.string().openapi({ description: '`engine` where nobody did' }),
    reason: z.string().nullable().optional().openapi({
      description: 'Of a move: the rule that had no room for it; null: somebody wanted it so',
    }),
    from: z.string().optional(),
    until: z.string().optional(),
    owner: z.string().optional(),
    to: z.enum(['team', 'anybody']).optional(),
  })
  .openapi('CallbackStep');

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
    askedBy: z.enum(CALLBACK_ASKERS).openapi({
      description:
        'Who wanted it: `staff`, the `agent` in the call, the `person` themself, or a `rule` of the campaign',
    }),
    owner: z.string(),
    steps: z
      .array(stepSchema)
      .openapi({ description: 'Moves with their reasons, reminders, fallbacks; first ones first' }),
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
    askedBy,
    owner,
    steps,
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
    askedBy,
    owner,
    steps: steps.map((step) => ({ ...step })),
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
