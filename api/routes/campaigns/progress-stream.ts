import { createRoute, z } from '@hono/zod-openapi';
import { campaignProgress } from '../../../db/repositories/progress.ts';
import { notFound } from '../../../domain/failures.ts';
import type { ApiDeps } from '../../deps.ts';
import { createLiveFeed, DEFAULT_LIVE_LIMITS, type LiveLimits } from '../../live/feed.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams } from '../../schemas.ts';
import { progressJson, type ProgressJson } from './progress.ts';

const { tickMs, heartbeatMs, stalledMs, lifeMs, streams } = DEFAULT_LIVE_LIMITS;

const eventSchema = z
  .object({
    id: z.string(),
    event: z.enum(['snapshot', 'tick', 'end']),
    data: z.string().openapi({ description: 'CampaignProgress, or its changed fields, as JSON' }),
  })
  .openapi({ description: 'One event of the stream' });

const route = createRoute({
  method: 'get',
  path: '/v1/campaigns/{campaignId}/progress/stream',
  tags: ['Campaigns'],
  summary: 'Follow it live, as server-sent events',
  description:
    'Events: `snapshot`, the whole CampaignProgress, comes first; `tick` has only the fields that changed, each as a ' +
    `whole, at most every ${tickMs / 1_000} s and more rarely where counting takes long; \`end\` has the whole once more, when the ` +
    'campaign is over and nothing of it will change. Every event has an id: a client that comes back with it in ' +
    '`Last-Event-ID` (as EventSource does by itself) gets a snapshot, or nothing if nothing changed. A comment comes ' +
    `after ${heartbeatMs / 1_000} s of silence. A stream ends after about ${lifeMs / 60_000} minutes; come back to go on. A client that reads slowly ` +
    `skips ticks and gets the latest; one that has not read for ${stalledMs / 1_000} s is cut off. A process serves ` +
    `${streams.toLocaleString('en-US')} streams at most and answers 503 beyond.`,
  operationId: 'streamCampaignProgress',
  request: {
    params: campaignParams,
    headers: z.object({
      'last-event-id': z.string().max(100).optional().openapi({ description: 'Id of the last event seen' }),
    }),
  },
  responses: {
    200: {
      description: 'Server-sent events until the campaign is over',
      content: { 'text/event-stream': { schema: eventSchema } },
    },
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

/** The feed of all campaigns' progress of a process. */
export function createProgressFeed(deps: ApiDeps, limits: Partial<LiveLimits> = {}) {
  return createLiveFeed<ProgressJson>({
    read: async (tenantId, campaignId) => {
      const progress = await deps.db.inTenant(tenantId, async (tx) => {
        // The feed bounds what it costs by the time it takes, so that it must not take several cores for that time.
        await tx.query('SET LOCAL max_parallel_workers_per_gather = 0');
        return campaignProgress(tx, campaignId);
      });
      return progress === null ? null : progressJson(progress);
    },
    isOver,
    onError: (error) => deps.logger.warn({ err: error }, 'progress could not be read for its followers'),
    limits,
    closing: deps.closing,
  });
}

/** Nothing of the campaign will change: it is final, and so is every contact. */
function isOver({ status, waiting, admitted }: ProgressJson): boolean {
  return (status === 'completed' || status === 'stopped') && waiting === 0 && admitted === 0;
}

export const streamCampaignProgress = operation(route, 'campaigns.read', (deps) => {
  const feed = createProgressFeed(deps, deps.limits.live);
  return async (c) => {
    // Where a server of Node's stands behind this, a client that does not read is cut off at its connection.
    const { outgoing } = (c.env ?? {}) as { outgoing?: { destroy(): void } };
    const stream = await feed.open({
      tenantId: c.get('tenantId'),
      id: c.req.valid('param').campaignId,
      lastEventId: c.req.valid('header')['last-event-id'] ?? null,
      onDropped: () => outgoing?.destroy(),
    });
    if (stream === null) throw notFound('the campaign');
    return c.body(stream, 200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // Proxies that gather an answer before they pass it on are asked not to.
      'X-Accel-Buffering': 'no',
    });
  };
});
