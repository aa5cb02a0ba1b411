import { createRoute, z } from '@hono/zod-openapi';
import { listSeats as readSeats, type SeatOfAgent } from '../../../db/repositories/seat-lists.ts';
import { AGENT_STATES, REQUESTABLE_STATES } from '../../../domain/agent.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { createLiveFeed, DEFAULT_LIVE_LIMITS } from '../../live/feed.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, isoOrNull, jsonResponse } from '../../schemas.ts';
import { agentCallStateSchema } from './call-model.ts';

const seatOfAgentSchema = z
  .object({
    agentId: z.string(),
    name: z.string(),
    teamId: z.string(),
    state: z.enum(AGENT_STATES),
    reason: z.string().nullable(),
    since: z.string(),
    idleSince: z.string().openapi({ description: 'Whoever is ready and idle longest is taken first' }),
    campaignId: z.string().nullable(),
    contactId: z.string().nullable(),
    previewId: z.string().nullable(),
    attemptId: z.string().nullable(),
    callState: agentCallStateSchema.nullable(),
    wrapUpUntil: z.string().nullable(),
    next: z.object({ state: z.enum(REQUESTABLE_STATES), reason: z.string().nullable() }).nullable(),
    heardReal: z.string().nullable().openapi({ description: 'Their channel was last heard of; real time' }),
  })
  .openapi('SeatOfAgent');

function seatOfAgentJson(row: SeatOfAgent): z.infer<typeof seatOfAgentSchema> {
  const { since, idleSince, wrapUpUntil, nextState, nextReason, beatReal, ...rest } = row;
  return {
    ...rest,
    since: toIso(since),
    idleSince: toIso(idleSince),
    wrapUpUntil: isoOrNull(wrapUpUntil),
    next: nextState === null ? null : { state: nextState, reason: nextReason },
    heardReal: isoOrNull(beatReal),
  };
}

const filters = {
  teamId: inputIdSchema.optional(),
  state: z.enum(AGENT_STATES).optional(),
  campaignId: inputIdSchema.optional().openapi({ description: 'Seats that hold a contact of this campaign' }),
};

const listRoute = createRoute({
  method: 'get',
  path: '/v1/agents/seats',
  tags: ['Agents'],
  summary: 'What each agent does now',
  description: 'Filters: `teamId`, `state`, `campaignId`. Order: as the agents were made.',
  operationId: 'listSeats',
  request: { query: cursorQuery.extend(filters) },
  responses: {
    200: jsonResponse(pageSchema(seatOfAgentSchema), 'One page'),
    ...problemResponses('invalid_input'),
  },
});

export const listSeats = operation(listRoute, 'agents.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...asked } = c.req.valid('query');
  const place = readCursor<[string]>(deps.vault, tenantId, 'listSeats', asked, after);
  const rows = await deps.db.single(tenantId, (tx) =>
    readSeats(tx, {
      teamId: asked.teamId ?? null,
      state: asked.state ?? null,
      campaignId: asked.campaignId ?? null,
      after: place?.[0] ?? null,
      limit: limit + 1,
    }),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? writeCursor(deps.vault, tenantId, 'listSeats', asked, [last.agentId])
      : null;
  return c.json({ items: items.map(seatOfAgentJson), next }, 200);
});

/** Seats in one stream; of more agents than one supervisor can watch, by team. */
const STREAM_MAX = 1_000;
const { tickMs, lifeMs } = DEFAULT_LIVE_LIMITS;

const streamRoute = createRoute({
  method: 'get',
  path: '/v1/agents/seats/stream',
  tags: ['Agents'],
  summary: 'Follow what each agent does, as server-sent events',
  description:
    `As the stream of a campaign’s progress: a \`snapshot\` with \`seats\` (${STREAM_MAX.toLocaleString('en-US')} at most) and ` +
    `\`byState\` comes first, then a \`tick\` with what changed, at most every ${tickMs / 1_000} s. A stream ends after about ` +
    `${lifeMs / 60_000} minutes; come back to go on. Filters as for the list.`,
  operationId: 'streamSeats',
  request: {
    query: z.object(filters),
    headers: z.object({
      'last-event-id': z.string().max(100).optional().openapi({ description: 'Id of the last event seen' }),
    }),
  },
  responses: {
    200: {
      description: 'Server-sent events',
      content: {
        'text/event-stream': {
          schema: z
            .object({
              id: z.string(),
              event: z.enum(['snapshot', 'tick']),
              data: z.string().openapi({ description: 'JSON: seats, byState' }),
            })
            .openapi({ description: 'One event of the stream' }),
        },
      },
    },
    ...problemResponses('invalid_input'),
  },
});

interface Asked {
  readonly teamId: string | null;
  readonly state: (typeof AGENT_STATES)[number] | null;
  readonly campaignId: string | null;
}

export const streamSeats = operation(streamRoute, 'agents.read', (deps) => {
  const feed = createLiveFeed({
    read: async (tenantId, id) => {
      const asked = JSON.parse(id) as Asked;
      const rows = await deps.db.single(tenantId, (tx) =>
        readSeats(tx, { ...asked, after: null, limit: STREAM_MAX }),
      );
      const byState = Object.fromEntries(
        AGENT_STATES.map((state) => [state, rows.filter((row) => row.state === state).length]),
      );
      // Heard of every few seconds: that alone is no change worth telling.
      const seats = rows.map((row) => {
        const { heardReal: _, ...rest } = seatOfAgentJson(row);
        return rest;
      });
      return { seats, byState };
    },
    isOver: () => false,
    onError: (error) => deps.logger.warn({ err: error }, 'seats could not be read for their followers'),
    ...(deps.limits.live === undefined ? {} : { limits: deps.limits.live }),
    closing: deps.closing,
  });
  return async (c) => {
    const { teamId = null, state = null, campaignId = null } = c.req.valid('query');
    const { outgoing } = (c.env ?? {}) as { outgoing?: { destroy(): void } };
    const stream = await feed.open({
      tenantId: c.get('tenantId'),
      id: JSON.stringify({ teamId, state, campaignId }),
      lastEventId: c.req.valid('header')['last-event-id'] ?? null,
      onDropped: () => outgoing?.destroy(),
    });
    if (stream === null) throw notFound('the seats');
    return c.body(stream, 200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
  };
});
