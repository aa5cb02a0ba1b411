import { createRoute, z } from '@hono/zod-openapi';
import { stopEverything as stopAll } from '../../../db/stop-everything.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, stopSchema } from '../../schemas.ts';
import { reasonBody, stopJson } from '../campaigns/model.ts';
import { everythingJson, everythingSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/dialling/everything/stop',
  tags: ['Calls'],
  summary: 'Stop everything: nothing of any tenant is sent once this has answered (I3)',
  description:
    'For those who run the installation. Binds with one commit for every tenant, also for tenants made later; then ' +
    'permits not used yet are taken back, what is being sent is waited for, what rings is hung up; conversations go on. ' +
    'Every tenant sees that it is so, since when, and the reason. Stopping again waits again and is safe.',
  operationId: 'stopEverything',
  request: { body: reasonBody },
  responses: {
    200: jsonResponse(z.object({ everything: everythingSchema, stop: stopSchema }), 'Stopped and quiet'),
    ...problemResponses('invalid_input'),
  },
});

export const stopEverything = operation(route, 'installation.stop', (deps) => async (c) => {
  const requestedReal = Date.now();
  const { state, stop } = await stopAll(deps, {
    tenantId: c.get('tenantId'),
    ...authorOf(c),
    reason: c.req.valid('json').reason ?? null,
  });
  return c.json({ everything: everythingJson(state), stop: stopJson(stop, requestedReal) }, 200);
});
