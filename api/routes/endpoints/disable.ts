import { createRoute } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { changeEndpoint, lockEndpoint } from '../../../db/repositories/endpoints.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { endpointJson, endpointParams, endpointSchema, recordedEndpoint } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/endpoints/{endpointId}/disable',
  tags: ['Events'],
  summary: 'Send nothing more to this endpoint, whatever its revision',
  description:
    'Requests under way end; no other is begun after a second. What waits for it stays until it is enabled ' +
    '(PATCH with `enabled`: true). Disabling it again changes nothing.',
  operationId: 'disableEndpoint',
  request: { params: endpointParams },
  responses: {
    200: jsonResponse(endpointSchema, 'It is disabled'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const disableEndpoint = operation(route, 'events.write', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  const at = deps.clock.now();
  const row = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockEndpoint(tx, endpointId);
    if (before === null) throw notFound('the endpoint');
    if (!before.enabled) return before;
    const after = await changeEndpoint(tx, endpointId, { enabled: false, disabledReason: 'by request' }, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'disableEndpoint',
      resource: 'endpoint',
      resourceId: endpointId,
      before: recordedEndpoint(before),
      after: recordedEndpoint(after),
      at,
    });
    return after;
  });
  c.header('ETag', etag(row));
  return c.json(endpointJson(row), 200);
});
