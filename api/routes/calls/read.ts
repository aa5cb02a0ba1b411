import { createRoute, z } from '@hono/zod-openapi';
import { callOf } from '../../../db/repositories/attempt-lists.ts';
import { notFound } from '../../../domain/failures.ts';
import { maskText } from '../../../domain/mask.ts';
import { toIso } from '../../../domain/time.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { isoOrNull, jsonResponse } from '../../schemas.ts';
import { attemptIdFrom, attemptParams } from '../attempts/model.ts';
import { callJson, callSchema } from './model.ts';

const eventSchema = z.object({
  eventId: z.string().openapi({ description: "The carrier's own id" }),
  type: z.string(),
  at: z.string(),
  receivedReal: z.string().openapi({ description: 'When it came in; real time' }),
  digits: z.string().nullable().openapi({ description: 'A key that was pressed; several are masked' }),
  outcome: z.string().nullable(),
});

const route = createRoute({
  method: 'get',
  path: '/v1/contacts/{contactId}/attempts/{ordinal}/call',
  tags: ['Calls'],
  summary: 'The call of an attempt, with every event the carrier reported',
  operationId: 'getCall',
  request: { params: attemptParams },
  responses: {
    200: jsonResponse(
      callSchema.extend({ events: z.array(eventSchema) }),
      'The call; events oldest first, as the carrier dated them',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getCall = operation(route, 'calls.read', (deps) => async (c) => {
  const attemptId = attemptIdFrom(c.req.valid('param'));
  const found = await deps.db.inTenant(c.get('tenantId'), (tx) => callOf(tx, attemptId));
  if (found === null) throw notFound('the call');
  const events = found.events.map((event) => ({
    eventId: event.eventId,
    type: event.type,
    at: toIso(event.at),
    receivedReal: isoOrNull(event.receivedReal)!,
    digits: shownDigits(event.payload.digits),
    outcome: event.payload.end?.outcome ?? null,
  }));
  return c.json({ ...callJson(found.call), events }, 200);
});

/** One key is an answer; a row of them may be a number or an account. */
function shownDigits(digits: string | null): string | null {
  return digits === null || digits.length <= 1 ? digits : maskText(digits);
}
