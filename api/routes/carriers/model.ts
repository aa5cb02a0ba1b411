import { z } from '@hono/zod-openapi';
import type { CarrierRow } from '../../../db/repositories/carriers.ts';
import { toIso } from '../../../domain/time.ts';
import { isoOrNull } from '../../schemas.ts';

/** Label under which a carrier's webhook secret is sealed for its tenant. */
export const WEBHOOK_SECRET_LABEL = 'carrier-webhook';

export const carrierParams = z.object({
  carrierName: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a name; expected up to 63 of a–z, 0–9 and -')
    .openapi({ description: 'Name of the carrier', example: 'line-1' }),
});

export const callsPerSecondSchema = z
  .number()
  .positive('is not positive; expected calls per second above 0')
  .max(10_000)
  .openapi({ description: 'The engine sends no more in a real second' });

export const maxConcurrentCallsSchema = z.number().int().min(1).max(100_000);

export const vendorSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not a vendor; expected up to 63 of a–z, 0–9 and -, such as alibaba')
  .nullable()
  .openapi({
    description: 'Whose rules bind the line, as rules of type `line_policy` name them; null: the kind',
  });

export const carrierSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    vendor: z.string().openapi({ description: 'Whose rules bind the line' }),
    baseUrl: z.string(),
    callsPerSecond: z.number(),
    maxConcurrentCalls: z.number().int(),
    webhookPath: z.string().openapi({ description: 'Where the carrier posts its events, on this API' }),
    pausedSince: z.string().nullable().openapi({ description: 'Real instant; null: in use' }),
    pauseReason: z.string().nullable(),
    pausedBy: z.string().nullable().openapi({ description: 'Who paused it; `engine`: its own refusals did' }),
    revision: z.number().int().openapi({ description: 'Also the ETag; send it as If-Match with a change' }),
    createdAt: z.string(),
  })
  .openapi('Carrier');

export function carrierJson(row: CarrierRow): z.infer<typeof carrierSchema> {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    vendor: row.vendor ?? row.kind,
    baseUrl: row.config.baseUrl,
    callsPerSecond: row.callsPerSecond,
    maxConcurrentCalls: row.maxConcurrentCalls,
    webhookPath: `/v1/webhooks/${row.tenantId}/${row.id}`,
    pausedSince: isoOrNull(row.pausedReal),
    pauseReason: row.pauseReason,
    pausedBy: row.pausedBy,
    revision: row.revision,
    createdAt: toIso(row.createdReal),
  };
}
