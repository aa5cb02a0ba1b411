import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import {
  changeEndpoint as applyChange,
  lockEndpoint,
  resetDrain,
} from '../../../db/repositories/endpoints.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, requireRevision, revisionOf } from '../../revisions.ts';
import { defined, jsonBody, jsonResponse } from '../../schemas.ts';
import {
  descriptionSchema,
  endpointJson,
  endpointParams,
  endpointSchema,
  eventsSchema,
  mustBeReachable,
  orderSchema,
  recordedEndpoint,
  urlSchema,
} from './model.ts';

const bodySchema = z
  .strictObject({
    url: urlSchema.optional(),
    description: descriptionSchema.optional(),
    events: eventsSchema.optional(),
    order: orderSchema.optional(),
    enabled: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing; expected a field to change')
  .openapi('EndpointChange', { minProperties: 1 });

const route = createRoute({
  method: 'patch',
  path: '/v1/endpoints/{endpointId}',
  tags: ['Events'],
  summary: 'Change where and of what a system is told',
  description:
    'Other `events` bind for what happens from now on. Enabled again, or moved to another URL, it is sent at once what ' +
    'waited for it; what happened while it was disabled is not among that, and can be replayed.',
  operationId: 'changeEndpoint',
  request: { params: endpointParams, headers: ifMatchHeader, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(endpointSchema, 'The new revision'),
    ...problemResponses('invalid_input', 'not_found', 'precondition_failed', 'precondition_required'),
  },
});

export const changeEndpoint = operation(route, 'events.write', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  const expected = revisionOf(c.req.valid('header')['if-match']);
  const { order, ...change } = defined(c.req.valid('json'));
  if (change.url !== undefined) await mustBeReachable(deps, change.url);
  const at = deps.clock.now();
  const row = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockEndpoint(tx, endpointId);
    if (before === null) throw notFound('the endpoint');
    requireRevision('the endpoint', before.revision, expected);
    const after = await applyChange(
      tx,
      endpointId,
      {
        ...change,
        ...(order === undefined ? {} : { orderBy: order }),
        ...(change.enabled === undefined || change.enabled === before.enabled
          ? {}
          : { disabledReason: change.enabled ? null : 'by request' }),
      },
      at,
    );
    if (after.enabled && (!before.enabled || after.url !== before.url)) await resetDrain(tx, endpointId);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'changeEndpoint',
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
