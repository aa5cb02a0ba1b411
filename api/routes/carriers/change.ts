import { createRoute, z } from '@hono/zod-openapi';
import { carrierForRecord } from '../../../db/pause-carrier.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { lockCarrier, setCarrierCaps } from '../../../db/repositories/carriers.ts';
import { notifyWork } from '../../../db/notify.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, requireRevision, revisionOf } from '../../revisions.ts';
import { defined, jsonBody, jsonResponse } from '../../schemas.ts';
import {
  callsPerSecondSchema,
  carrierJson,
  carrierParams,
  carrierSchema,
  maxConcurrentCallsSchema,
} from './model.ts';

const bodySchema = z
  .strictObject({
    callsPerSecond: callsPerSecondSchema.optional(),
    maxConcurrentCalls: maxConcurrentCallsSchema.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing; expected a cap to change')
  .openapi({ minProperties: 1 });

const route = createRoute({
  method: 'patch',
  path: '/v1/carriers/{carrierName}',
  tags: ['Carriers'],
  summary: 'Change what a carrier may be asked for: calls per second, calls at once',
  description:
    'Taken up by every worker within two seconds (real). Calls that are up stay up when the cap falls below them.',
  operationId: 'changeCarrier',
  request: { params: carrierParams, headers: ifMatchHeader, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(carrierSchema, 'The new revision'),
    ...problemResponses(
      'invalid_input',
      'unauthorized',
      'not_found',
      'precondition_failed',
      'precondition_required',
    ),
  },
});

export const changeCarrier = operation(route, 'carriers.write', (deps) => async (c) => {
  const { carrierName } = c.req.valid('param');
  const expected = revisionOf(c.req.valid('header')['if-match']);
  const caps = defined(c.req.valid('json'));
  const row = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockCarrier(tx, carrierName);
    if (before === null) throw notFound('the carrier');
    requireRevision('the carrier', before.revision, expected);
    const after = await setCarrierCaps(tx, before.id, caps);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'changeCarrier',
      resource: 'carrier',
      resourceId: before.id,
      before: carrierForRecord(before),
      after: carrierForRecord(after),
      at: deps.clock.now(),
    });
    await notifyWork(tx);
    return after;
  });
  c.header('ETag', etag(row));
  return c.json(carrierJson(row), 200);
});
