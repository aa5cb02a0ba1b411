import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { lockEndpoint, rotateSecret } from '../../../db/repositories/endpoints.ts';
import { notFound } from '../../../domain/failures.ts';
import { HOUR_MS, toIso } from '../../../domain/time.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import {
  ENDPOINT_SECRET_LABEL,
  endpointJson,
  endpointParams,
  endpointWithSecretSchema,
  newSecret,
} from './model.ts';

const bodySchema = z
  .strictObject({
    overlapHours: z
      .number()
      .min(0)
      .max(168)
      .default(24)
      .openapi({ description: 'How long the secret before signs too, beside the new one; real hours' }),
  })
  .openapi('SecretRotation');

const route = createRoute({
  method: 'post',
  path: '/v1/endpoints/{endpointId}/rotate-secret',
  tags: ['Events'],
  summary: 'Give an endpoint a new secret, without a gap',
  description:
    'For `overlapHours` (24) every request carries two signatures, so that the receiver may take up the new secret when ' +
    'it likes. A rotation within the overlap of another ends the older secret at once.',
  operationId: 'rotateEndpointSecret',
  request: {
    params: endpointParams,
    body: { content: { 'application/json': { schema: bodySchema } }, required: false },
  },
  responses: {
    201: jsonResponse(endpointWithSecretSchema, 'Made; keep the secret now'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const rotateEndpointSecret = operation(route, 'events.write', (deps) => async (c) => {
  const { endpointId } = c.req.valid('param');
  // The body may be left out, and then it is not even validated.
  const { overlapHours } = bodySchema.parse(c.req.valid('json') ?? {});
  const tenantId = c.get('tenantId');
  const secret = newSecret();
  const at = deps.clock.now();
  const previousUntilReal = Date.now() + Math.round(overlapHours * HOUR_MS);
  const row = await deps.db.inTenant(tenantId, async (tx) => {
    const before = await lockEndpoint(tx, endpointId);
    if (before === null) throw notFound('the endpoint');
    const after = await rotateSecret(tx, endpointId, {
      sealedSecret: deps.vault.sealForTenant(tenantId, ENDPOINT_SECRET_LABEL, secret),
      previousUntilReal,
      at,
    });
    await recordChange(tx, {
      ...authorOf(c),
      action: 'rotateEndpointSecret',
      resource: 'endpoint',
      resourceId: endpointId,
      before: { revision: before.revision },
      after: { revision: after.revision, previousSecretUntil: toIso(previousUntilReal) },
      at,
    });
    return after;
  });
  c.header('ETag', etag(row));
  c.header('Cache-Control', 'no-store');
  return c.json({ endpoint: endpointJson(row), secret }, 201);
});
