import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { carrierByName, upsertCarrier } from '../../../db/repositories/carriers.ts';
import { notifyWork } from '../../../db/notify.ts';
import { invalidInput } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { WEBHOOK_SECRET_LABEL, carrierJson, carrierSchema } from './model.ts';

const bodySchema = z.strictObject({
  kind: z.string().min(1).openapi({ example: 'simulator' }),
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'is not a URL; expected an http or https URL of the carrier' })
    .openapi({ example: 'http://127.0.0.1:9100' }),
  callsPerSecond: z
    .number()
    .positive('is not positive; expected calls per second above 0')
    .max(10_000)
    .openapi({ description: 'The engine sends no more in a real second' }),
  maxConcurrentCalls: z.number().int().min(1).max(100_000),
  webhookSecret: z
    .string()
    .regex(
      /^whsec_[A-Za-z0-9+/=]{24,}$/,
      'is not a webhook secret; expected whsec_ and base64 of 18 bytes or more',
    )
    .optional()
    .openapi({ description: 'Left out: a new carrier gets one, an old one keeps its own' }),
});

const answerSchema = carrierSchema.extend({
  webhookSecret: z
    .string()
    .nullable()
    .openapi({ description: 'Shown once, where the engine made it; null otherwise' }),
});

const route = createRoute({
  method: 'put',
  path: '/v1/carriers/{carrierName}',
  tags: ['Carriers'],
  summary: 'Add a carrier (线路), or change the one of this name',
  operationId: 'putCarrier',
  request: {
    params: z.object({
      carrierName: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a name; expected up to 63 of a–z, 0–9 and -'),
    }),
    body: jsonBody(bodySchema),
  },
  responses: {
    200: jsonResponse(answerSchema, 'Changed'),
    201: jsonResponse(answerSchema, 'Added'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const putCarrier = operation(route, 'carriers.write', (deps) => async (c) => {
  const { carrierName } = c.req.valid('param');
  const { webhookSecret, ...input } = c.req.valid('json');
  if (!deps.carrierKinds.includes(input.kind)) {
    const expected = `one of ${deps.carrierKinds.join(', ')}`;
    throw invalidInput([{ field: 'kind', fault: 'is not a kind of carrier there is', expected }]);
  }
  const tenantId = c.get('tenantId');
  const answer = await deps.db.inTenant(tenantId, async (tx) => {
    const known = await carrierByName(tx, carrierName);
    const generated = known === null && webhookSecret === undefined ? newWebhookSecret() : null;
    const secret = webhookSecret ?? generated;
    const sealed = secret === null ? null : deps.vault.sealForTenant(tenantId, WEBHOOK_SECRET_LABEL, secret);
    const stored = await upsertCarrier(tx, { name: carrierName, ...input, sealedWebhookSecret: sealed });
    await notifyWork(tx);
    return { ...stored, generated };
  });
  const body = { ...carrierJson(answer.carrier), webhookSecret: answer.generated };
  return answer.created ? c.json(body, 201) : c.json(body, 200);
});

/** As Standard Webhooks has them: 24 random bytes in base64 behind `whsec_`. */
function newWebhookSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}
