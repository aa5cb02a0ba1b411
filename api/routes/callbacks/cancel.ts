import { createRoute } from '@hono/zod-openapi';
import { cancelCallback as apply } from '../../actions/callbacks.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { callbackJson, callbackParams, callbackSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/callbacks/{callbackId}/cancel',
  tags: ['Callbacks'],
  summary: 'Take a promised callback back',
  description:
    'The contact goes back to where it stood: to the end it had come to, or among the others that wait. Cancelling it ' +
    'again changes nothing.',
  operationId: 'cancelCallback',
  request: { params: callbackParams, body: reasonBody },
  responses: {
    200: jsonResponse(callbackSchema, 'It is cancelled'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const cancelCallback = operation(route, 'callbacks.write', (deps) => async (c) => {
  const callback = await apply(
    deps,
    { ...authorOf(c), tenantId: c.get('tenantId') },
    { id: c.req.valid('param').callbackId, reason: c.req.valid('json').reason ?? null },
  );
  c.header('ETag', etag(callback));
  return c.json(callbackJson(callback), 200);
});
