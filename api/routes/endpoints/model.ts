import { randomBytes } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { EndpointRow } from '../../../db/repositories/endpoints.ts';
import type { DeliveryRow } from '../../../db/repositories/outgoing-events.ts';
import { invalidInput } from '../../../domain/failures.ts';
import {
  DELIVERY_FAULTS,
  DELIVERY_STATES,
  ENDPOINT_ORDERS,
  EVENT_TYPE_PREFIX,
  EVENT_TYPES,
  EVERY_EVENT,
} from '../../../domain/outgoing.ts';
import { toIso } from '../../../domain/time.ts';
import type { ApiDeps } from '../../deps.ts';
import { inputIdSchema, isoOrNull } from '../../schemas.ts';

/** Of the vault; the workers open it under the same name (activities/deliver/drain.ts). */
export const ENDPOINT_SECRET_LABEL = 'endpoint-secret';
/** Each costs a row for every event it wants, in the transaction of the fact. */
export const ENDPOINTS_MAX = 20;

export const endpointParams = z.object({ endpointId: inputIdSchema.openapi({ description: 'Endpoint id' }) });
export const deliveryParams = endpointParams.extend({
  deliveryId: z.coerce
    .number('is not an id; expected a whole number')
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .openapi({ type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Delivery id' }),
});

const typeSchema = z.enum([EVERY_EVENT, ...EVENT_TYPES]);
export const eventTypeSchema = z.enum(EVENT_TYPES);
export const urlSchema = z
  .string()
  .trim()
  .min(1)
  .max(2_048)
  .openapi({
    example: 'https://crm.example/hooks/rightcall',
    description:
      'https on the public internet, port 443 or above 1023, without user name, password and fragment. Other places ' +
      'only where RIGHTCALL_WEBHOOK_ALLOW allows them. It must be in the DNS already.',
  });
export const descriptionSchema = z.string().trim().max(200);
export const eventsSchema = z
  .array(typeSchema)
  .min(1)
  .max(EVENT_TYPES.length + 1)
  .transform((types) => (types.includes(EVERY_EVENT) ? [EVERY_EVENT] : [...new Set(types)]))
  .openapi({ description: '`*`: every type, those of later versions too', example: ['*'] });
export const orderSchema = z.enum(ENDPOINT_ORDERS).openapi({
  description:
    '`contact`: events of one contact one after the other; one that fails holds back that contact alone. ' +
    '`none`: as fast as they come.',
});

export const endpointSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    events: z.array(z.string()),
    order: z.enum(ENDPOINT_ORDERS),
    enabled: z.boolean(),
    disabledReason: z
      .string()
      .nullable()
      .openapi({ description: '`by request`, or `gone`: it answered 410' }),
    previousSecretUntil: z
      .string()
      .nullable()
      .openapi({ description: 'Until then the secret before signs too (real time)' }),
    revision: z.number().int().openapi({ description: 'Also the ETag; send it as If-Match with a change' }),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi('Endpoint', { description: 'A system of yours that is told of events (docs/events.md).' });

export const endpointWithCountsSchema = endpointSchema.extend({
  undelivered: z.object({ pending: z.number().int(), dead: z.number().int() }),
});

export const endpointWithSecretSchema = z
  .object({
    endpoint: endpointSchema,
    secret: z.string().openapi({
      description: 'Answered here and never again: what the signatures are checked with (Standard Webhooks)',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }),
  })
  .openapi('EndpointSecret');

export function endpointJson(row: EndpointRow): z.infer<typeof endpointSchema> {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    order: row.orderBy,
    enabled: row.enabled,
    disabledReason: row.disabledReason,
    previousSecretUntil: row.previousSecret === null ? null : isoOrNull(row.previousUntilReal),
    revision: row.revision,
    createdAt: toIso(row.createdAt),
    updatedAt: toIso(row.updatedAt),
  };
}

/** As it is recorded with a change: no secrets, and no words of people. */
export function recordedEndpoint(row: EndpointRow): Readonly<Record<string, unknown>> {
  return {
    url: row.url,
    events: row.events,
    order: row.orderBy,
    enabled: row.enabled,
    disabledReason: row.disabledReason,
    revision: row.revision,
  };
}

export const deliverySchema = z
  .object({
    id: z.number().int(),
    eventId: z.string().openapi({ description: '`id` of the event, and the header webhook-id' }),
    type: z.string().openapi({ example: 'com.rightcall.attempt.ended' }),
    subject: z.string(),
    state: z.enum(DELIVERY_STATES),
    replayed: z.boolean(),
    attempts: z.number().int().openapi({ description: 'Requests sent so far' }),
    createdAt: z.string().openapi({ description: 'Real time, as are all instants of a delivery' }),
    nextAt: z.string().nullable().openapi({ description: 'Not before; null once it is over' }),
    lastAt: z.string().nullable(),
    lastStatus: z.number().int().nullable().openapi({ description: 'HTTP status of the latest answer' }),
    lastFault: z.enum(DELIVERY_FAULTS).nullable(),
  })
  .openapi('Delivery');

export function deliveryJson(row: DeliveryRow): z.infer<typeof deliverySchema> {
  return {
    id: row.id,
    eventId: row.event.id,
    type: EVENT_TYPE_PREFIX + row.type,
    subject: row.event.subject,
    state: row.state,
    replayed: row.replayed,
    attempts: row.attempts,
    createdAt: toIso(row.createdReal),
    nextAt: row.state === 'pending' ? toIso(row.dueReal) : null,
    lastAt: isoOrNull(row.lastReal),
    lastStatus: row.lastStatus,
    lastFault: row.lastFault,
  };
}

/** @throws RightcallError `invalid_input` where nothing may be sent to it */
export async function mustBeReachable(deps: ApiDeps, url: string): Promise<void> {
  const fault = await deps.endpointUrlFault(url);
  if (fault !== null) throw invalidInput([fault]);
}

/** As Standard Webhooks has them: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}
