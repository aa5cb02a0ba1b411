import { z } from '@hono/zod-openapi';
import type { AgentRow } from '../../../db/repositories/agents.ts';
import type { SeatRow } from '../../../db/repositories/seats.ts';
import {
  AGENT_STATES,
  REQUESTABLE_STATES,
  languageSchema,
  shiftSchema,
  skillsSchema,
} from '../../../domain/agent.ts';
import { toIso } from '../../../domain/time.ts';
import { isKnownZone } from '../../../policies/index.ts';
import { inputIdSchema, isoOrNull } from '../../schemas.ts';

export const agentParams = z.object({ agentId: inputIdSchema.openapi({ description: 'Agent id' }) });

export const agentNameSchema = z
  .string()
  .trim()
  .min(1, 'is empty; expected what colleagues call them')
  .max(200)
  .openapi({ example: 'Anna' });

export const accountSchema = z
  .string()
  .regex(
    /^(key|user):[\w.:@/|-]{1,200}$/,
    'is not an account; expected key:<name of an API key> or user:<subject of a token>',
  )
  .openapi({
    example: 'key:anna',
    description: 'Who signs in as them, as changes are recorded; null: nobody yet',
  });

export const zoneSchema = z
  .string()
  .max(64)
  .refine(isKnownZone, 'is not a zone; expected an IANA name such as Asia/Shanghai')
  .openapi({ example: 'Asia/Shanghai', description: 'IANA; the clock that shifts go by' });

/** A clone: see definitionSchema (routes/campaigns/model.ts). */
export const skillsInput = skillsSchema.clone().openapi({
  example: { loans: 5 },
  description: 'Skill → level, 1 (learning) to 10 (teaches it)',
});
export const languagesInput = z
  .array(languageSchema)
  .max(50)
  .openapi({ example: ['zh-CN'], description: 'BCP 47' });
export const shiftsInput = z.array(shiftSchema).max(50).nullable().openapi({
  description: 'Hours in which they may be ready, on the clock of their zone; null: at any time',
});

const seatParts = {
  state: z.enum(AGENT_STATES).openapi({
    description:
      '`offline`; `ready` (示闲): waits for a call; `reserved`: a contact is shown to them, or a call that is theirs is ' +
      'made; `in_call`; `wrap_up` (话后处理): writes down what it came to; `break` (小休)',
  }),
  reason: z.string().nullable().openapi({ description: 'Of a break, or why they are offline' }),
  since: z.string(),
  campaignId: z.string().nullable(),
  contactId: z.string().nullable(),
  previewId: z.string().nullable().openapi({ description: 'While a contact is shown before it is called' }),
  attemptId: z.string().nullable(),
  wrapUpUntil: z.string().nullable(),
  next: z
    .object({ state: z.enum(REQUESTABLE_STATES), reason: z.string().nullable() })
    .nullable()
    .openapi({ description: 'What holds once they hold no contact any more' }),
  sessionId: z.string().nullable().openapi({ description: 'The channel that speaks for them' }),
};

export const seatSchema = z
  .object(seatParts)
  .openapi('Seat', { description: 'What an agent is doing now, and for whom.' });

export function seatJson(row: SeatRow): z.infer<typeof seatSchema> {
  const { state, reason, campaignId, contactId, previewId, attemptId, sessionId, nextState } = row;
  return {
    state,
    reason,
    since: toIso(row.since),
    campaignId,
    contactId,
    previewId,
    attemptId,
    wrapUpUntil: isoOrNull(row.wrapUpUntil),
    next: nextState === null ? null : { state: nextState, reason: row.nextReason },
    sessionId,
  };
}

export const agentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    account: z.string().nullable(),
    teamId: z.string(),
    skills: skillsSchema,
    languages: z.array(z.string()),
    zone: z.string(),
    shifts: z.array(shiftSchema).nullable(),
    enabled: z.boolean().openapi({ description: 'One that is not is offered no call and cannot sign in' }),
    revision: z.number().int().openapi({ description: 'Also the ETag; send it as If-Match with a change' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Agent', { description: 'An agent (坐席): what they can do, and when.' });

export const agentWithSeatSchema = z.object({ agent: agentSchema, seat: seatSchema }).openapi('AgentAtSeat');

export function agentJson(row: AgentRow): z.infer<typeof agentSchema> {
  const { id, name, account, teamId, skills, languages, zone, shifts, enabled, revision } = row;
  return {
    id,
    name,
    account,
    teamId,
    skills,
    languages,
    zone,
    shifts: shifts === null ? null : [...shifts],
    enabled,
    revision,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
  };
}

/** As it is recorded with a change; the name is a person's and is left out. */
export function recordedAgent(row: AgentRow): Readonly<Record<string, unknown>> {
  const { account, teamId, skills, languages, zone, shifts, enabled, revision } = row;
  return { account, teamId, skills, languages, zone, shifts, enabled, revision };
}

export const reasonCodeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_.-]{0,62}$/, 'is not a reason; expected a code such as lunch')
  .openapi({ example: 'lunch' });

export const sessionSchema = inputIdSchema.openapi({
  description:
    'Names the channel that speaks for the agent, such as a browser tab: a UUID of its choosing. From then on beats and ' +
    'requests of another are refused, and its stream is told `superseded`.',
});

export const stateBody = z.strictObject({
  state: z.enum(REQUESTABLE_STATES).openapi({ description: '`ready`, `break` or `offline`' }),
  reason: reasonCodeSchema.optional().openapi({ description: 'A break needs one' }),
});
