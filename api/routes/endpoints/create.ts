import { createRoute, z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { recordChange } from '../../../db/repositories/changes.ts';
import { countEndpoints, insertEndpoint } from '../../../db/repositories/endpoints.ts';
import { RightcallError } from '../../../domain/failures.ts';
import { EVERY_EVENT } from '../../../domain/outgoing.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import {
  ENDPOINTS_MAX,
  ENDPOINT_SECRET_LABEL,
  descriptionSchema,
  endpointJson,
  endpointWithSecretSchema,
  eventsSchema,
  mustBeReachable,
  newSecret,
  orderSchema,
  recordedEndpoint,
  urlSchema,
} from './model.ts';

const bodySchema = z
  .strictObject({
    url: urlSchema,
    description: descriptionSchema.default(''),
    events: eventsSchema.default([EVERY_EVENT]),
    order: orderSchema.default('contact'),
    enabled: z.boolean().default(true),
  })
  .openapi('NewEndpoint');

const route = createRoute({
  method: 'post',
  path: '/v1/endpoints',
  tags: ['Events'],
  summary: 'Have a system of yours told of events',
  description:
    'From now on what happens is POSTed there as CloudEvents, signed as Standard Webhooks has it (docs/events.md). ' +
    `A tenant has ${ENDPOINTS_MAX} at most.`,
  operationId: 'createEndpoint',
  request: { body: jsonBody(bodySchema) },
  responses: {
    201: jsonResponse(endpointWithSecretSchema, 'Made; keep the secret now'),
    ...problemResponses('invalid_input', 'refused'),
  },
});

export const createEndpoint = operation(route, 'events.write', (deps) => async (c) => {
  const { url, description, events, order, enabled } = c.req.valid('json');
  const tenantId = c.get('tenantId');
  await mustBeReachable(deps, url);
  const secret = newSecret();
  const at = deps.clock.now();
  const row = await deps.db.inTenant(tenantId, async (tx) => {
    if ((await countEndpoints(tx)) >= ENDPOINTS_MAX) {
      throw new RightcallError('refused', `there are ${ENDPOINTS_MAX} endpoints already; remove one first`);
    }
    const sealedSecret = deps.vault.sealForTenant(tenantId, ENDPOINT_SECRET_LABEL, secret);
    const made = await insertEndpoint(
      tx,
      { id: uuidv7(), url, description, events, orderBy: order, enabled, sealedSecret },
      at,
    );
    await recordChange(tx, {
      ...authorOf(c),
      action: 'createEndpoint',
      resource: 'endpoint',
      resourceId: made.id,
      before: null,
      after: recordedEndpoint(made),
      at,
    });
    return made;
  });
  c.header('ETag', etag(row));
  c.header('Location', `/v1/endpoints/${row.id}`);
  c.header('Cache-Control', 'no-store');
  return c.json({ endpoint: endpointJson(row), secret }, 201);
});
