import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Hono, type Context } from 'hono';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { HttpBindings } from '@hono/node-server';
import { z } from 'zod';
import { RightcallError } from '../../domain/failures.ts';
import type { Calls } from './calls.ts';
import type { Answer, Exchange } from './exchange.ts';
import { formatFaults, parseFaults } from './faults.ts';

type Env = { Bindings: HttpBindings };

const faultsBodySchema = z.strictObject({ spec: z.string() });

const pastQuerySchema = z.strictObject({
  since: z.coerce.number(),
  after: z.coerce.number().int().nonnegative().default(0),
});

/** The simulator's HTTP API. Faults and statistics stay within reach while the carrier is "down". */
export function createSimulatorApp(deps: {
  exchange: Exchange;
  calls: Calls;
  stats: () => Record<string, unknown>;
}): Hono<Env> {
  const { exchange, calls } = deps;
  const app = new Hono<Env>();

  app.post('/v1/calls', async (c) => give(c, exchange.dial(await readJson(c), c.req.header('traceparent'))));
  app.get('/v1/calls/by-attempt/:attemptId', async (c) => give(c, exchange.lookup(c.req.param('attemptId'))));
  app.post('/v1/calls/:reference/hangup', async (c) => give(c, exchange.hangUp(c.req.param('reference'))));
  app.post('/v1/calls/:reference/bridge', async (c) =>
    give(c, exchange.bridge(c.req.param('reference'), await readJson(c))),
  );
  app.post('/v1/calls/:reference/play', async (c) =>
    give(c, exchange.play(c.req.param('reference'), await readJson(c))),
  );
  app.get('/v1/calls', async (c) => {
    const refused = exchange.refusalIfDown();
    if (refused !== null) return give(c, refused);
    if (c.req.query('live') === 'true') return c.json({ calls: calls.live() });
    const past = pastQuerySchema.safeParse(c.req.query());
    if (past.success) return c.json(calls.past(past.data.since, past.data.after));
    const message = 'expected ?live=true, or ?since=<epoch ms> and the &after= of an answer before';
    return c.json({ accepted: false, error: { code: 'unreadable', message } }, 400);
  });
  app.get('/v1/health', async (c) => {
    const refused = exchange.refusalIfDown();
    return refused === null ? c.json({ ok: true }) : give(c, refused);
  });
  app.get('/v1/faults', (c) => c.json({ spec: formatFaults(exchange.faults()), faults: exchange.faults() }));
  app.put('/v1/faults', async (c) => {
    const body = faultsBodySchema.safeParse(await readJson(c));
    if (!body.success) return c.json({ error: { message: 'expected {"spec": "<faults>"}' } }, 400);
    try {
      exchange.setFaults(parseFaults(body.data.spec));
    } catch (error) {
      if (!(error instanceof RightcallError)) throw error;
      return c.json({ error: { message: error.message, faults: error.faults } }, 400);
    }
    return c.json({ spec: formatFaults(exchange.faults()), faults: exchange.faults() });
  });
  app.get('/v1/stats', (c) => c.json(deps.stats()));
  return app;
}

async function readJson(c: Context<Env>): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return null;
  }
}

/** Carry an answer out, or lose it as it says. */
async function give(c: Context<Env>, answer: Answer): Promise<Response> {
  const { outgoing } = c.env;
  if (answer.lost === 'cut') {
    outgoing.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  if (answer.lost === 'hanging') {
    if (!outgoing.destroyed) await once(outgoing, 'close');
    return RESPONSE_ALREADY_SENT;
  }
  if (answer.delayMs > 0) await sleep(answer.delayMs, undefined, { ref: false });
  const headers: Record<string, string> =
    answer.retryAfterS === null ? {} : { 'retry-after': String(answer.retryAfterS) };
  if (answer.body === null) return new Response('Bad Gateway', { status: answer.status, headers });
  return Response.json(answer.body, { status: answer.status, headers });
}
