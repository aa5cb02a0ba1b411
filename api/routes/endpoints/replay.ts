import { createRoute, z } from '@hono/zod-openapi';
import type { Tx } from '../../../db/client.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { endpointById, type EndpointRow } from '../../../db/repositories/endpoints.ts';
import { replayDeliveries, replayEvents } from '../../../db/repositories/outgoing-events.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { instantSchema, isoOrNull, jsonBody, jsonResponse, toMs } from '../../schemas.ts';
import { endpointParams, eventTypeSchema } from './model.ts';

/** Events of one request: what one transaction writes in well under a second. */
const REPLAY_MAX = 10_000;

const bodySchema = z
  .strictObject({
    from: instantSchema.optional().openapi({ description: 'Events recorded at this instant or later' }),
    until: instantSchema.optional().openapi({ description: 'Events recorded before; left out: until now' }),
    types: z.array(eventTypeSchema).min(1).optional().openapi({
      description: 'Only these types; left out: all that the endpoint asked for',
    }),
    deadOnly: z
      .boolean()
      .optional()
      .openapi({ description: 'Only what was given up and never delivered since' }),
    deliveryIds: z
      .array(z.number().int().min(1).max(Number.MAX_SAFE_INTEGER))
      .min(1)
      .max(1_000)
      .optional()
      .openapi({ description: 'These deliveries, in place of a time' }),
  })
  .superRefine((body, context) => {
    const fail = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (body.deliveryIds === undefined) {
      if (body.from === undefined)
        fail('from', 'is missing; expected an instant, or deliveryIds in its place');
      const [from, until] = [toMs(body.from), toMs(body.until)];
      if (from !== null && until !== null && until <= from) {
        fail('until', 'is not after from; expected a later instant, or nothing');
      }
      return;
    }
    for (const other of ['from', 'until', 'types', 'deadOnly'] as const) {
      if (body[other] !== undefined) fail(other, 'stands beside deliveryIds; expected one or the other');
    }
  })
  .openapi('Replay');

const answerSchema = z.object({
  deliveries: z.number().int().openapi({ description: 'Made by this; what still waits is not doubled' }),
  continueFrom: z
    .string()
    .nullable()
    .openapi({
      description: `There may be more than the ${REPLAY_MAX} that one request takes: \`from\` of the next; null: no`,
    }),
});

const route = createRoute({
  method: 'post',
  path: '/v1/endpoints/{endpointId}/replay',
  tags: ['Events'],
  summary: 'Deliver events again',
  description:
    'In the order in which they were recorded and under the ids they had, also those that happened while the endpoint ' +
    'was disabled. Events are kept for 30 days.',
  operationId: 'replayEvents',
  request: { params: endpointParams, body: jsonBody(bodySchema) },
  responses: {
    202: jsonResponse(answerSchema, 'They will be sent'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const replay = operation(route, 'events.write', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  const body = c.req.valid('json');
  const answer = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const endpoint = await endpointById(tx, endpointId);
    if (endpoint === null) throw notFound('the endpoint');
    const done = await again(tx, endpoint, body);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'replayEvents',
      resource: 'endpoint',
      resourceId: endpointId,
      before: null,
      after: { ...body, deliveries: done.deliveries },
      at: deps.clock.now(),
    });
    return done;
  });
  return c.json(answer, 202);
});

async function again(
  tx: Tx,
  endpoint: EndpointRow,
  body: z.infer<typeof bodySchema>,
): Promise<z.infer<typeof answerSchema>> {
  if (body.deliveryIds !== undefined) {
    const ids = [...new Set(body.deliveryIds)];
    const { known, count } = await replayDeliveries(tx, endpoint.id, ids);
    if (known < ids.length) throw notFound('one of the deliveries');
    return { deliveries: count, continueFrom: null };
  }
  const { count, continueFrom } = await replayEvents(tx, {
    endpointId: endpoint.id,
    wanted: endpoint.events,
    types: body.types ?? null,
    from: toMs(body.from)!,
    until: toMs(body.until) ?? Date.now(),
    deadOnly: body.deadOnly ?? false,
    limit: REPLAY_MAX,
  });
  return { deliveries: count, continueFrom: isoOrNull(continueFrom) };
}
