import { z } from '@hono/zod-openapi';
import type { ShownCall } from '../../../db/repositories/attempt-lists.ts';
import { toIso } from '../../../domain/time.ts';
import { dialModeSchema } from '../../../domain/vocabulary.ts';
import { agentCallStateSchema } from '../agents/call-model.ts';
import { isoOrNull } from '../../schemas.ts';

export const callSchema = z
  .object({
    attemptId: z.string(),
    ordinal: z.number().int(),
    contactId: z.string(),
    campaignId: z.string(),
    carrier: z.string().nullable(),
    carrierRef: z.string(),
    status: z.enum(['ringing', 'answered', 'ended']),
    attemptedAt: z.string().openapi({ description: 'When its attempt was claimed; lists are in this order' }),
    ringingAt: z.string().nullable(),
    answeredAt: z.string().nullable(),
    endedAt: z.string().nullable(),
    endedBy: z.string().nullable(),
    sip: z.number().int().nullable(),
    q850: z.number().int().nullable(),
    vendorCode: z.string().nullable(),
    ringS: z.number().nullable().openapi({ description: 'Seconds' }),
    talkS: z.number().nullable().openapi({ description: 'Seconds' }),
    agent: z
      .object({
        agentId: z.string().nullable(),
        state: agentCallStateSchema,
        disposition: z.string().nullable().openapi({ description: 'Of the campaign’s set' }),
        mode: dialModeSchema,
        listeners: z.array(z.string()),
      })
      .nullable()
      .openapi({ description: 'The agent’s side of it; null: it was none’s' }),
    synthesized: z.boolean().openapi({ description: 'The engine concluded its end; the carrier never said' }),
  })
  .openapi('Call', {
    description: 'The carrier’s leg of an attempt (通话): what the carrier said about it.',
  });

export function callJson(row: ShownCall): z.infer<typeof callSchema> {
  const { n, agent, ...rest } = row;
  return {
    ...rest,
    ordinal: n,
    agent: agent === null ? null : { ...agent, listeners: [...agent.listeners] },
    attemptedAt: toIso(row.attemptedAt),
    ringingAt: isoOrNull(row.ringingAt),
    answeredAt: isoOrNull(row.answeredAt),
    endedAt: isoOrNull(row.endedAt),
  };
}
