import { createRoute, z } from '@hono/zod-openapi';
import { RightcallError } from '../../../domain/failures.ts';
import { viewOfAgent } from '../../actions/agent-view.ts';
import { authorOf } from '../../env.ts';
import { openAgentStream } from '../../live/agent-stream.ts';
import { DEFAULT_LIVE_LIMITS } from '../../live/feed.ts';
import { createSeatWatch } from '../../live/seat-watch.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { me } from './checks.ts';
import { seatJson, sessionSchema } from './model.ts';

const { heartbeatMs, lifeMs } = DEFAULT_LIVE_LIMITS;

const route = createRoute({
  method: 'get',
  path: '/v1/agents/me/stream',
  tags: ['Agents'],
  summary: 'One’s own seat live, as server-sent events: contacts offered, calls, what is to be written down',
  description:
    'The whole present state comes first, also for whoever comes back. Events: `state`, the seat; `offer`, a contact shown ' +
    'before it is called, with its data, script, history and deadline; `call`, the same of a call with its `status` ' +
    '(`reserved`: it rings, `connecting`, `connected`); `wrap_up`, with the dispositions, the form and the deadline; ' +
    '`ended`, what was offered or called is theirs no more; `callbacks`, their promised callbacks that are near or due, all ' +
    'of them at each change, from the campaign’s `callbacks.remindBeforeMinutes` before their windows; `superseded`, another session has signed in, and the stream ' +
    `ends. A comment comes after ${heartbeatMs / 1_000} s of silence; a stream ends after about ${lifeMs / 60_000} minutes, come ` +
    'back to go on. Opening it signs nobody in, and is no beat. That a contact’s data were shown is on record.',
  operationId: 'streamMySeat',
  request: { query: z.object({ session: sessionSchema.optional() }) },
  responses: {
    200: {
      description: 'Server-sent events',
      content: {
        'text/event-stream': {
          schema: z
            .object({
              id: z.string(),
              event: z.enum(['state', 'offer', 'call', 'wrap_up', 'ended', 'callbacks', 'superseded']),
              data: z.string().openapi({ description: 'JSON' }),
            })
            .openapi({ description: 'One event of the stream' }),
        },
      },
    },
    ...problemResponses('invalid_input', 'not_found', 'refused'),
  },
});

export const streamMySeat = operation(route, 'agents.self', (deps) => {
  const limits = { ...DEFAULT_LIVE_LIMITS, ...deps.limits.live };
  const onError = (error: unknown) =>
    deps.logger.warn({ err: error }, 'a seat could not be read for its agent');
  const watch = createSeatWatch({ db: deps.db, onError, lookMs: Math.min(250, limits.tickMs) });
  let open = 0;
  return async (c) => {
    const tenantId = c.get('tenantId');
    const { session } = c.req.valid('query');
    const { id } = await deps.db.inTenant(tenantId, (tx) => me(tx, c));
    if (deps.closing?.aborted === true || open >= limits.streams) {
      throw new RightcallError('unavailable', `this process serves ${limits.streams} streams at most`);
    }
    const said = { ...authorOf(c), tenantId };
    const shown = new Set<string>();
    const { outgoing } = (c.env ?? {}) as { outgoing?: { destroy(): void } };
    open += 1;
    const stream = openAgentStream({
      watch,
      tenantId,
      agentId: id,
      session: session ?? null,
      limits,
      closing: deps.closing,
      read: () => viewOfAgent(deps, said, id, shown),
      seatJson,
      onError,
      onClosed: () => void (open -= 1),
      onDropped: () => outgoing?.destroy(),
    });
    return c.body(stream, 200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
  };
});
