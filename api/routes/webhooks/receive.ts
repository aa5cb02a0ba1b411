import { createRoute, z } from '@hono/zod-openapi';
import type { WebhookVerifier } from '../../../carriers/port.ts';
import { storeCallEvents } from '../../../db/repositories/call-events.ts';
import { carrierById } from '../../../db/repositories/carriers.ts';
import { RightcallError, invalidInput, notFound } from '../../../domain/failures.ts';
import { reach } from '../../../domain/steps.ts';
import type { ApiDeps } from '../../deps.ts';
import { operation } from '../../operation.ts';
import { webhookMeter } from '../../telemetry.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema } from '../../schemas.ts';
import { WEBHOOK_SECRET_LABEL } from '../carriers/model.ts';

/** A changed secret or kind is taken up after this long, real ms. */
const VERIFIER_MAX_AGE_MS = 10_000;
/** Carriers remembered at once; beyond it the oldest is forgotten. */
const VERIFIERS_MAX = 1_000;

/** By what a refused request is counted. */
const REFUSED_AS = { signature: 'forged', timestamp: 'outdated', unreadable: 'unreadable' } as const;

const route = createRoute({
  method: 'post',
  path: '/v1/webhooks/{tenantId}/{carrierId}',
  tags: ['Carriers'],
  summary: "A carrier's events",
  description:
    'Opened by the signature of the carrier (Standard Webhooks headers for the simulator). Events are stored before ' +
    'this answers, each once by its own id; what follows from them happens elsewhere. Send again on anything but 204.',
  operationId: 'receiveCarrierEvents',
  security: [],
  request: {
    params: z.object({ tenantId: inputIdSchema, carrierId: inputIdSchema }),
    body: { content: { 'application/octet-stream': { schema: z.unknown() } }, required: true },
  },
  responses: {
    204: { description: 'Stored' },
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'too_large'),
  },
});

export const receiveCarrierEvents = operation(route, 'open', (deps) => {
  const verifiers = rememberVerifiers(deps);
  const meter = webhookMeter();
  return async (c) => {
    const { tenantId, carrierId } = c.req.valid('param');
    const verifier = await verifiers(tenantId, carrierId);
    const result = verifier.read(c.req.header(), await c.req.text());
    if (result.kind === 'refused') {
      meter.count(REFUSED_AS[result.reason], 1);
      if (result.reason !== 'unreadable') throw new RightcallError('unauthorized', result.detail);
      throw invalidInput([
        { field: 'body', fault: result.detail, expected: "the carrier's own event format" },
      ]);
    }
    const about = result.events[0]?.attemptId ?? '';
    await reach('event.store', about);
    const isNew = new Set(
      await deps.db.inTenant(tenantId, (tx) => storeCallEvents(tx, carrierId, result.events)),
    );
    await reach('event.stored', about);
    meter.count('stored', isNew.size);
    meter.count('duplicate', result.events.length - isNew.size);
    const now = deps.clock.now();
    for (const { eventId, at } of result.events)
      if (isNew.delete(eventId)) meter.delay(deps.clock.toRealMs(now - at) / 1_000);
    return c.body(null, 204);
  };
});

/** The verifier of a carrier, from memory where it was asked for lately. */
function rememberVerifiers(deps: ApiDeps): (tenantId: string, carrierId: string) => Promise<WebhookVerifier> {
  const known = new Map<string, { until: number; verifier: Promise<WebhookVerifier> }>();
  return (tenantId, carrierId) => {
    const key = `${tenantId}/${carrierId}`;
    const hit = known.get(key);
    if (hit !== undefined && hit.until > Date.now()) return hit.verifier;
    const verifier = loadVerifier(deps, tenantId, carrierId);
    known.delete(key);
    known.set(key, { until: Date.now() + VERIFIER_MAX_AGE_MS, verifier });
    verifier.catch(() => known.delete(key));
    const oldest = known.keys().next().value;
    if (known.size > VERIFIERS_MAX && oldest !== undefined) known.delete(oldest);
    return verifier;
  };
}

async function loadVerifier(deps: ApiDeps, tenantId: string, carrierId: string): Promise<WebhookVerifier> {
  const carrier = await deps.db.inTenant(tenantId, (tx) => carrierById(tx, carrierId));
  if (carrier === null) throw notFound('the carrier');
  const secret = deps.vault.openForTenant(tenantId, WEBHOOK_SECRET_LABEL, carrier.sealedWebhookSecret);
  return deps.createWebhookVerifier(carrier.kind, { secret });
}
