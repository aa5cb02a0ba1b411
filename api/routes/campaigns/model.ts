import { z } from '@hono/zod-openapi';
import type { CampaignRow } from '../../../db/repositories/campaigns.ts';
import type { StopAck } from '../../../db/stop.ts';
import { campaignDefinitionSchema } from '../../../domain/campaign.ts';
import { toIso } from '../../../domain/time.ts';
import { campaignStatusSchema } from '../../../domain/vocabulary.ts';
import type { Context } from 'hono';
import type { CampaignAction } from '../../actions/campaign-life.ts';
import { authorOf, type ApiEnv } from '../../env.ts';
import { isoOrNull, stopSchema } from '../../schemas.ts';

/** A clone, because only what is made after the extension that names it can have a name in the description. */
export const definitionSchema = campaignDefinitionSchema.clone().openapi('CampaignDefinition');

export const campaignSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: campaignStatusSchema,
    statusReason: z.string().nullable(),
    revision: z.number().int().openapi({ description: 'Also the ETag; send it as If-Match with a change' }),
    definition: definitionSchema,
    carrierId: z.string().nullable(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    endedAt: z.string().nullable(),
  })
  .openapi('Campaign');

export function campaignJson(row: CampaignRow): z.infer<typeof campaignSchema> {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    statusReason: row.statusReason,
    revision: row.revision,
    definition: row.definition,
    carrierId: row.carrierId,
    createdAt: toIso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    endedAt: isoOrNull(row.endedAt),
  };
}

/** A transition's body: why, in words that people will read later. */
export const reasonSchema = z.strictObject({ reason: z.string().trim().min(1).max(500).optional() });

export const reasonBody = {
  content: { 'application/json': { schema: reasonSchema } },
  required: false as const,
};

export const stoppedCampaignSchema = z.object({ campaign: campaignSchema, stop: stopSchema });

export function stopJson(stop: StopAck, requestedReal: number): z.infer<typeof stopSchema> {
  return {
    stopId: stop.stopId,
    revoked: stop.revoked,
    inFlight: stop.inFlight,
    hungUp: stop.hungUp,
    acknowledgedAfterMs: stop.acknowledgedReal - requestedReal,
    complete: stop.complete,
  };
}

export function actionOf(c: Context<ApiEnv>, campaignId: string, reason: string | undefined): CampaignAction {
  return { tenantId: c.get('tenantId'), campaignId, ...authorOf(c), reason: reason ?? null };
}
