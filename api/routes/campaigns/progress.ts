import { createRoute, z } from '@hono/zod-openapi';
import { campaignProgress, type CampaignProgress } from '../../../db/repositories/progress.ts';
import { notFound } from '../../../domain/failures.ts';
import { campaignStatusSchema, contactStateSchema } from '../../../domain/vocabulary.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, isoOrNull, jsonResponse } from '../../schemas.ts';

const count = z.number().int();

export const progressSchema = z
  .object({
    campaignId: z.string(),
    status: campaignStatusSchema,
    statusReason: z.string().nullable(),
    imported: count,
    waiting: count,
    deferred: count.openapi({ description: 'Of those waiting: put off by a rule or a retry delay' }),
    admitted: count,
    denied: count,
    converted: count,
    byState: z.partialRecord(contactStateSchema, count),
    nextReadyAt: z.string().nullable().openapi({ description: 'When the next waiting contact is due' }),
    attempts: count.openapi({ description: 'That rang or may have rung' }),
    ringing: count,
    answeredLive: count,
    answered: count,
    agents: z
      .object({
        ready: count,
        reserved: count,
        inCall: count,
        wrapUp: count,
        onBreak: count,
        waitingCalls: count.openapi({ description: 'Answered, and without an agent' }),
        reason: z.string().nullable().openapi({
          description: 'Why none of them can take a call, such as agents.none_free; null: somebody can',
        }),
      })
      .nullable()
      .openapi({ description: 'Seats of agents who fit its calls; null: no agent takes them' }),
  })
  .openapi('CampaignProgress');

export type ProgressJson = z.infer<typeof progressSchema>;

export function progressJson(progress: CampaignProgress): ProgressJson {
  return { ...progress, byState: { ...progress.byState }, nextReadyAt: isoOrNull(progress.nextReadyAt) };
}

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/progress',
  tags: ['Campaigns'],
  summary: 'How far it is',
  description:
    'Counts every contact and attempt anew. To follow it, use the stream, which counts once for all who do.',
  operationId: 'getCampaignProgress',
  request: { params: campaignParams },
  responses: {
    200: jsonResponse(progressSchema, 'Counts as of now'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const getCampaignProgress = operation(route, 'campaigns.read', (deps) => async (c) => {
  const { campaignId } = c.req.valid('param');
  const progress = await deps.db.single(c.get('tenantId'), (tx) => campaignProgress(tx, campaignId));
  if (progress === null) throw notFound('the campaign');
  return c.json(progressJson(progress), 200);
});
