import { createRoute, z } from '@hono/zod-openapi';
import { stopAllDialling } from '../../actions/kill-switch.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse, stopSchema } from '../../schemas.ts';
import { reasonBody, stopJson } from '../campaigns/model.ts';
import { diallingJson, diallingSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/dialling/stop',
  tags: ['Calls'],
  summary: 'Kill switch: nothing of the tenant is sent once this has answered (I3)',
  description:
    'Permits not used yet are taken back, what is being sent is waited for, what rings is hung up; conversations go ' +
    'on. No campaign changes its state: all go on when dialling is resumed. Stopping again waits again and is safe.',
  operationId: 'stopDialling',
  request: { body: reasonBody },
  responses: {
    200: jsonResponse(z.object({ dialling: diallingSchema, stop: stopSchema }), 'Stopped and quiet'),
    ...problemResponses('invalid_input'),
  },
});

export const stopDialling = operation(route, 'dialling.stop', (deps) => async (c) => {
  const requestedReal = Date.now();
  const { state, stop } = await stopAllDialling(deps, {
    tenantId: c.get('tenantId'),
    ...authorOf(c),
    reason: c.req.valid('json').reason ?? null,
  });
  return c.json({ dialling: diallingJson(state), stop: stopJson(stop, requestedReal) }, 200);
});
