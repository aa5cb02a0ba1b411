import { createRoute, z } from '@hono/zod-openapi';
import { beatSeat, seatOf } from '../../../db/repositories/seat-requests.ts';
import { AGENT_BEAT_MS, AGENT_LOST_MS } from '../../../domain/agent.ts';
import { conflict } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { me } from './checks.ts';
import { seatJson, seatSchema, sessionSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/agents/me/beat',
  tags: ['Agents'],
  summary: 'Say that one is there',
  description:
    `To be sent every ${AGENT_BEAT_MS / 1_000} s (real time) while signed in. After ${AGENT_LOST_MS / 1_000} s of silence an agent ` +
    'counts as lost: offline, and what they were reserved for goes to another one; a call with a person on it goes on. A ' +
    'beat signs nobody in: the seat that is answered may be `offline`, with the reason.',
  operationId: 'beat',
  request: { body: jsonBody(z.strictObject({ session: sessionSchema.optional() }).openapi('Beat')) },
  responses: {
    200: jsonResponse(
      z.object({
        seat: seatSchema,
        beatEveryMs: z.number().int().openapi({ description: 'Real ms until the next beat should come' }),
        lostAfterMs: z.number().int().openapi({ description: 'Real ms of silence after which one is lost' }),
      }),
      'It was heard',
    ),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

export const beat = operation(
  route,
  'agents.self',
  (deps) => async (c) => {
    const session = c.req.valid('json').session ?? null;
    const seat = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
      const { id } = await me(tx, c);
      const heard = await beatSeat(tx, id, session);
      const found = (await seatOf(tx, id))!;
      if (!heard && found.state !== 'offline') {
        throw conflict('another session has signed in and speaks for the agent; sign in again to take over');
      }
      return found;
    });
    const answer = { seat: seatJson(seat), beatEveryMs: AGENT_BEAT_MS, lostAfterMs: AGENT_LOST_MS };
    return c.json(answer, 200);
  },
  { idempotency: 'none' },
);
