import { z } from '@hono/zod-openapi';
import type { AgentCall } from '../../../db/repositories/wrap-ups.ts';
import { NOTES_MAX } from '../../../domain/wrap-up.ts';
import type { Written } from '../../../domain/written.ts';
import { dialModeSchema } from '../../../domain/vocabulary.ts';
import { isoOrNull } from '../../schemas.ts';
import { ownerSchema, topicSchema, windowParts } from '../callbacks/model.ts';

export const AGENT_CALL_STATES = [
  'reserved',
  'waiting',
  'connecting',
  'connected',
  'wrap_up',
  'over',
  'abandoned',
] as const;

export const agentCallStateSchema = z.enum(AGENT_CALL_STATES).openapi({
  description:
    '`reserved`: an agent is kept free for it, and it rings; `waiting`: answered, and without an agent; `connecting`; ' +
    '`connected`; `wrap_up`: over, and not written down; `over`; `abandoned`: answered, and given up for want of an agent',
});

export const agentCallSchema = z
  .object({
    attemptId: z.string(),
    contactId: z.string(),
    ordinal: z.number().int(),
    campaignId: z.string(),
    mode: dialModeSchema,
    state: agentCallStateSchema,
    agentId: z.string().nullable(),
    answeredAt: z.string().nullable(),
    assignedAt: z.string().nullable(),
    connectedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    wrapUpUntil: z.string().nullable(),
    disposedAt: z.string().nullable(),
    disposition: z.string().nullable().openapi({ description: 'Of the campaign’s set' }),
    disposedBy: z.string().nullable(),
    listeners: z.array(z.string()).openapi({ description: 'Supervisors who asked to listen in' }),
    reason: z.string().nullable(),
  })
  .openapi('AgentCall', { description: 'The agent’s side of a call.' });

export function agentCallJson(row: AgentCall): z.infer<typeof agentCallSchema> {
  const { attemptId, contactId, campaignId, mode, state, agentId, disposedBy, listeners, reason } = row;
  return {
    attemptId,
    contactId,
    ordinal: Number(attemptId.slice(attemptId.indexOf('/') + 1)),
    campaignId,
    mode,
    state,
    agentId,
    answeredAt: isoOrNull(row.answeredAt),
    assignedAt: isoOrNull(row.assignedAt),
    connectedAt: isoOrNull(row.connectedAt),
    endedAt: isoOrNull(row.endedAt),
    wrapUpUntil: isoOrNull(row.wrapUpUntil),
    disposedAt: isoOrNull(row.disposedAt),
    disposition: row.dispositionCode,
    disposedBy,
    listeners: [...listeners],
    reason,
  };
}

const formValue = z.union([
  z.string().max(4_000),
  z.number(),
  z.boolean(),
  z.array(z.string().max(100)).max(100),
]);
export const formDataSchema = z
  .record(z.string().max(63), formValue)
  .openapi({ description: 'As the campaign’s `agents.form` asks for it', example: { amount: 200 } });

export const writtenSchema = z
  .object({
    disposition: z.string().nullable(),
    notes: z.string().nullable(),
    form: formDataSchema,
  })
  .openapi('WrittenDown');

export function writtenJson({ disposition, notes, form }: Written): z.infer<typeof writtenSchema> {
  return {
    disposition,
    notes,
    form: Object.fromEntries(
      Object.entries(form).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
    ),
  };
}

export const wrapUpBody = z
  .strictObject({
    disposition: z.string().min(1).max(63).nullable().default(null).openapi({
      description: 'Code of an entry of the campaign’s `agents.dispositions`',
      example: 'completed',
    }),
    notes: z.string().trim().max(NOTES_MAX).nullable().default(null),
    form: formDataSchema.default({}),
    callback: z
      .strictObject({
        ...windowParts,
        topic: topicSchema.nullable().default(null),
        owner: ownerSchema.optional(),
      })
      .nullable()
      .default(null)
      .openapi({ description: 'The window promised, with a disposition that means a callback' }),
    draft: z
      .boolean()
      .default(false)
      .openapi({ description: 'Save it, and leave the call to be written down' }),
  })
  .openapi('WrapUp');
