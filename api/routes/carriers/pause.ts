import { createRoute, z } from '@hono/zod-openapi';
import { pauseCarrier as apply } from '../../../db/pause-carrier.ts';
import { carrierByName } from '../../../db/repositories/carriers.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse, stopSchema } from '../../schemas.ts';
import { reasonBody, stopJson } from '../campaigns/model.ts';
import { carrierJson, carrierParams, carrierSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/carriers/{carrierName}/pause',
  tags: ['Carriers'],
  summary: 'Pause a carrier: nothing is sent through it once this has answered (I3)',
  description:
    'For every campaign that dials by it. Permits not used yet are taken back, what is being sent is waited for, what ' +
    'rings is hung up. Conversations go on. Pausing again waits again and is safe. The engine does so itself when the ' +
    'carrier refuses calls for what is not about the number (credentials, capabilities).',
  operationId: 'pauseCarrier',
  request: { params: carrierParams, body: reasonBody },
  responses: {
    200: jsonResponse(z.object({ carrier: carrierSchema, stop: stopSchema }), 'It is paused and quiet'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const pauseCarrier = operation(route, 'carriers.run', (deps) => async (c) => {
  const requestedReal = Date.now();
  const tenantId = c.get('tenantId');
  const { carrierName } = c.req.valid('param');
  const row = await deps.db.inTenant(tenantId, (tx) => carrierByName(tx, carrierName));
  if (row === null) throw notFound('the carrier');
  const { carrier, stop } = await apply(deps, {
    ...authorOf(c),
    tenantId,
    carrierId: row.id,
    reason: c.req.valid('json').reason ?? null,
  });
  c.header('ETag', etag(carrier));
  return c.json({ carrier: carrierJson(carrier), stop: stopJson(stop, requestedReal) }, 200);
});
