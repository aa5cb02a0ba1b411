import { createRoute, z } from '@hono/zod-openapi';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { promiseCallback as apply } from '../../actions/callbacks.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { contactParams, instantSchema, jsonBody, jsonResponse } from '../../schemas.ts';
import { ownerSchema, promisedJson, promisedSchema, topicSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/contacts/{contactId}/callbacks',
  tags: ['Callbacks'],
  summary: 'Promise a contact a call within a window (预约回拨)',
  description:
    'The contact waits for the window, before all others of its campaign; one that was done with and said no final no ' +
    '(states `completed`, `exhausted`, `converted`) comes back for it. An attempt sent within the window keeps the ' +
    'promise; a window that ends without one is a breach, with the reason. What the law and the caps say is decided ' +
    'when it falls due. A withdrawal, a do-not-call entry or a stop cancels it.',
  operationId: 'promiseCallback',
  request: {
    params: contactParams,
    body: jsonBody(
      z.strictObject({
        from: instantSchema,
        until: instantSchema,
        topic: topicSchema.nullable().default(null),
        owner: ownerSchema.optional(),
      }),
    ),
  },
  responses: {
    201: jsonResponse(promisedSchema, 'Promised'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict', 'refused'),
  },
});

export const promiseCallback = operation(route, 'callbacks.write', (deps) => {
  const policies = createPolicyReader(() => deps.defaultPolicySet());
  return async (c) => {
    const { from, until, topic, owner } = c.req.valid('json');
    const promised = await apply(
      { ...deps, policies },
      { ...authorOf(c), tenantId: c.get('tenantId') },
      {
        contactId: c.req.valid('param').contactId,
        fromAt: Date.parse(from),
        untilAt: Date.parse(until),
        topic,
        owner: owner ?? null,
      },
    );
    c.header('ETag', etag(promised.callback));
    return c.json(promisedJson(promised), 201);
  };
});
