import { randomBytes } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { carrierForRecord } from '../../../db/pause-carrier.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { lockCarrier, upsertCarrier, type CarrierRow } from '../../../db/repositories/carriers.ts';
import { notifyWork } from '../../../db/notify.ts';
import { invalidInput } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, requireRevision, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import {
  WEBHOOK_SECRET_LABEL,
  callsPerSecondSchema,
  carrierJson,
  carrierParams,
  carrierSchema,
  maxConcurrentCallsSchema,
  vendorSchema,
} from './model.ts';

const bodySchema = z.strictObject({
  kind: z.string().min(1).openapi({ example: 'simulator' }),
  vendor: vendorSchema.optional(),
  baseUrl: z
    .url({ protocol: /^https?$/, error: 'is not a URL; expected an http or https URL of the carrier' })
    .openapi({ example: 'http://127.0.0.1:9100' }),
  callsPerSecond: callsPerSecondSchema,
  maxConcurrentCalls: maxConcurrentCallsSchema,
  webhookSecret: z
    .string()
    .regex(
      /^whsec_[A-Za-z0-9+/=]{24,}$/,
      'is not a webhook secret; expected whsec_ and base64 of 18 bytes or more',
    )
    .optional()
    .openapi({ description: 'Left out: a new carrier gets one, an old one keeps its own' }),
});
type Body = z.infer<typeof bodySchema>;

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
  description:
    'A new one needs no If-Match; changing one that is there does. Saying again what it is already changes nothing.',
  operationId: 'putCarrier',
  request: { params: carrierParams, headers: ifMatchHeader, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(answerSchema, 'Changed, or as it was'),
    201: jsonResponse(answerSchema, 'Added'),
    ...problemResponses('invalid_input', 'unauthorized', 'precondition_failed', 'precondition_required'),
  },
});

export const putCarrier = operation(route, 'carriers.write', (deps) => async (c) => {
  const { carrierName } = c.req.valid('param');
  const { webhookSecret, ...input } = c.req.valid('json');
  const ifMatch = c.req.valid('header')['if-match'];
  if (!deps.carrierKinds.includes(input.kind)) {
    const expected = `one of ${deps.carrierKinds.join(', ')}`;
    throw invalidInput([{ field: 'kind', fault: 'is not a kind of carrier there is', expected }]);
  }
  const tenantId = c.get('tenantId');
  const secretOf = (row: CarrierRow) =>
    deps.vault.openForTenant(tenantId, WEBHOOK_SECRET_LABEL, row.sealedWebhookSecret);
  const answer = await deps.db.inTenant(tenantId, async (tx) => {
    const known = await lockCarrier(tx, carrierName);
    const keepsSecret = known !== null && (webhookSecret === undefined || webhookSecret === secretOf(known));
    if (known !== null) {
      if (keepsSecret && isAsItWas(known, input)) return { carrier: known, created: false, generated: null };
      requireRevision('the carrier', known.revision, revisionOf(ifMatch));
    }
    const generated = known === null && webhookSecret === undefined ? newWebhookSecret() : null;
    const secret = keepsSecret ? null : (webhookSecret ?? generated);
    const sealed = secret === null ? null : deps.vault.sealForTenant(tenantId, WEBHOOK_SECRET_LABEL, secret);
    const stored = await upsertCarrier(tx, { name: carrierName, ...input, sealedWebhookSecret: sealed });
    await recordChange(tx, {
      ...authorOf(c),
      action: 'putCarrier',
      resource: 'carrier',
      resourceId: stored.carrier.id,
      before: known === null ? null : carrierForRecord(known),
      // That the secret is another one is told, and nothing of it.
      after: { ...carrierForRecord(stored.carrier), ...(sealed === null ? {} : { webhookSecret: 'set' }) },
      at: deps.clock.now(),
    });
    await notifyWork(tx);
    return { ...stored, generated };
  });
  const body = { ...carrierJson(answer.carrier), webhookSecret: answer.generated };
  c.header('ETag', etag(answer.carrier));
  return answer.created ? c.json(body, 201) : c.json(body, 200);
});

function isAsItWas(row: CarrierRow, input: Omit<Body, 'webhookSecret'>): boolean {
  return (
    row.kind === input.kind &&
    (input.vendor === undefined || row.vendor === input.vendor) &&
    row.config.baseUrl === input.baseUrl &&
    // The column is a real: 0.1 comes back as the nearest one.
    Math.fround(row.callsPerSecond) === Math.fround(input.callsPerSecond) &&
    row.maxConcurrentCalls === input.maxConcurrentCalls
  );
}

/** As Standard Webhooks has them: 24 random bytes in base64 behind `whsec_`. */
function newWebhookSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}
