import { createRoute } from '@hono/zod-openapi';
import { resumeCarrier as apply } from '../../../db/pause-carrier.ts';
import { carrierByName } from '../../../db/repositories/carriers.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { carrierJson, carrierParams, carrierSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/carriers/{carrierName}/resume',
  tags: ['Carriers'],
  summary: 'Use a paused carrier again',
  description: 'Resuming one that is in use changes nothing.',
  operationId: 'resumeCarrier',
  request: { params: carrierParams, body: reasonBody },
  responses: {
    200: jsonResponse(carrierSchema, 'It is in use'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const resumeCarrier = operation(route, 'carriers.run', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { carrierName } = c.req.valid('param');
  const row = await deps.db.inTenant(tenantId, (tx) => carrierByName(tx, carrierName));
  if (row === null) throw notFound('the carrier');
  const carrier = await apply(deps, {
    ...authorOf(c),
    tenantId,
    carrierId: row.id,
    reason: c.req.valid('json').reason ?? null,
  });
  c.header('ETag', etag(carrier));
  return c.json(carrierJson(carrier), 200);
});
