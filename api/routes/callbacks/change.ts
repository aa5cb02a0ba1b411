import { createRoute, z } from '@hono/zod-openapi';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { rescheduleCallback } from '../../actions/callbacks.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { defined, jsonBody, jsonResponse } from '../../schemas.ts';
import {
  callbackParams,
  ownerSchema,
  promisedJson,
  promisedSchema,
  topicSchema,
  windowParts,
} from './model.ts';

const bodySchema = z
  .strictObject({
    ...windowParts,
    topic: topicSchema.nullable().optional(),
    owner: ownerSchema.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'names nothing; expected something to change')
  .openapi({ minProperties: 1 });

const route = createRoute({
  method: 'patch',
  path: '/v1/callbacks/{callbackId}',
  tags: ['Callbacks'],
  summary: 'Give a promised callback another window, topic or owner',
  description:
    'Another window is asked about as a new promise is; the one before stays on record among its `steps`. With another ' +
    'owner it is theirs from now on, and they are reminded.',
  operationId: 'changeCallback',
  request: { params: callbackParams, headers: ifMatchHeader, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(promisedSchema, 'As it is promised now'),
    ...problemResponses(
      'invalid_input',
      'unauthorized',
      'not_found',
      'conflict',
      'precondition_failed',
      'precondition_required',
      'refused',
    ),
  },
});

export const changeCallback = operation(route, 'callbacks.write', (deps) => {
  const policies = createPolicyReader(() => deps.defaultPolicySet());
  return async (c) => {
    const { topic, owner, ...window } = c.req.valid('json');
    const promised = await rescheduleCallback(
      { ...deps, policies },
      { ...authorOf(c), tenantId: c.get('tenantId') },
      {
        id: c.req.valid('param').callbackId,
        ifRevision: revisionOf(c.req.valid('header')['if-match']),
        window: defined(window),
        patch: defined({ topic, owner }),
      },
    );
    c.header('ETag', etag(promised.callback));
    return c.json(promisedJson(promised), 200);
  };
});
