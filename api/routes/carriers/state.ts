import { createRoute, z } from '@hono/zod-openapi';
import { carrierByName, carrierUse } from '../../../db/repositories/carriers.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { isoOrNull, jsonResponse } from '../../schemas.ts';
import { carrierParams } from './model.ts';

const count = z.number().int();

const stateSchema = z
  .object({
    name: z.string(),
    inUse: z.boolean(),
    pausedSince: z.string().nullable().openapi({ description: 'Real instant' }),
    pauseReason: z.string().nullable(),
    pausedBy: z.string().nullable(),
    callsUp: z
      .object({
        claimed: count,
        sending: count,
        ringing: count,
        answered: count,
        unknown: count,
        total: count,
      })
      .openapi({
        description: '`claimed`: permits given and not used yet; `unknown`: the carrier is being asked',
      }),
    maxConcurrentCalls: count,
    callsPerSecond: z.object({
      cap: z.number(),
      last10S: z
        .number()
        .openapi({ description: 'Requests sent in a second, over the last 10 real seconds' }),
      last60S: z.number(),
    }),
    queueMs: count.openapi({ description: 'Real ms until the next send slot is free; 0: the line is idle' }),
    failuresInRow: count.openapi({
      description:
        'Requests in a row that it did not take, or whose answer was lost; 0: its last answer was one',
    }),
    restsUntil: z.string().nullable().openapi({
      description:
        'Real instant before which nothing is asked of it, because of those; null: it may be asked',
    }),
    errors: z.array(z.object({ kind: z.string(), count, lastAt: z.string() })).openapi({
      description: 'Of the last five real minutes: refused, lost or failed by the carrier, by kind',
    }),
  })
  .openapi('CarrierState', { description: 'What a carrier does at this moment; real time throughout.' });

const route = createRoute({
  method: 'get',
  path: '/v1/carriers/{carrierName}/state',
  tags: ['Carriers'],
  summary: 'What a carrier does now: paused or in use, calls up, calls per second, errors of late',
  operationId: 'getCarrierState',
  request: { params: carrierParams },
  responses: {
    200: jsonResponse(stateSchema, 'Its state'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getCarrierState = operation(route, 'carriers.read', (deps) => async (c) => {
  const { carrierName } = c.req.valid('param');
  const { row, use } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const row = await carrierByName(tx, carrierName);
    if (row === null) throw notFound('the carrier');
    return { row, use: await carrierUse(tx, row.id) };
  });
  const { claimed, sending, ringing, answered, unknown } = use;
  return c.json(
    {
      name: row.name,
      inUse: row.pausedReal === null,
      pausedSince: isoOrNull(row.pausedReal),
      pauseReason: row.pauseReason,
      pausedBy: row.pausedBy,
      callsUp: {
        claimed,
        sending,
        ringing,
        answered,
        unknown,
        total: claimed + sending + ringing + answered + unknown,
      },
      maxConcurrentCalls: row.maxConcurrentCalls,
      callsPerSecond: {
        cap: row.callsPerSecond,
        last10S: use.sent10S / 10,
        last60S: Math.round((use.sent60S / 60) * 100) / 100,
      },
      queueMs: use.queueMs,
      failuresInRow: use.failuresInRow,
      restsUntil: isoOrNull(use.restsUntilReal),
      errors: use.errors.map(({ kind, count, lastReal }) => ({ kind, count, lastAt: toIso(lastReal) })),
    },
    200,
  );
});
