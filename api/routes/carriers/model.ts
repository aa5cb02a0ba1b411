import { z } from '@hono/zod-openapi';
import type { CarrierRow } from '../../../db/repositories/carriers.ts';
import { toIso } from '../../../domain/time.ts';
import { isoOrNull } from '../../schemas.ts';

/** Label under which a carrier's webhook secret is sealed for its tenant. */
export const WEBHOOK_SECRET_LABEL = 'carrier-webhook';

export const carrierSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    baseUrl: z.string(),
    callsPerSecond: z.number(),
    maxConcurrentCalls: z.number().int(),
    webhookPath: z.string().openapi({ description: 'Where the carrier posts its events, on this API' }),
    pausedSince: z.string().nullable().openapi({ description: 'Real instant; null: in use' }),
    pauseReason: z.string().nullable(),
    createdAt: z.string(),
  })
  .openapi('Carrier');

export function carrierJson(row: CarrierRow): z.infer<typeof carrierSchema> {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    baseUrl: row.config.baseUrl,
    callsPerSecond: row.callsPerSecond,
    maxConcurrentCalls: row.maxConcurrentCalls,
    webhookPath: `/v1/webhooks/${row.tenantId}/${row.id}`,
    pausedSince: isoOrNull(row.pausedReal),
    pauseReason: row.pauseReason,
    createdAt: toIso(row.createdReal),
  };
}
