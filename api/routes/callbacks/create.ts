import { createRoute, z } from '@hono/zod-openapi';
import { createPolicyReader } from '../../../gate/policy-source.ts';
import { promiseCallback as apply } from '../../actions/callbacks.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { contactParams, defined, jsonBody, jsonResponse } from '../../schemas.ts';
import { ownerSchema, promisedJson, promisedSchema, topicSchema, windowParts } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/contacts/{contactId}/callbacks',
  tags: ['Callbacks'],
  summary: 'Promise a contact a call within a window (预约回拨)',
  description:
    'The contact waits for the window, before all others of its campaign; one that was done with and said no final no ' +
    '(states `completed`, `exhausted`, `converted`) comes back for it. An attempt sent within the window keeps the ' +
    'promise; a window that ends without one is a breach, with the reason. A window in which the law and the caps allow ' +
    'no call is refused, and the next one `offered`; so is any window where what is on record of the person forbids the ' +
    'call, such as a missing consent, whoever asks. The rules are asked again when it falls due, and no promise goes ' +
    'round them. A withdrawal, a do-not-call entry or a stop cancels it.',
  operationId: 'promiseCallback',
  request: {
    params: contactParams,
    body: jsonBody(
      z.strictObject({
        ...windowParts,
        topic: topicSchema.nullable().default(null),
        owner: ownerSchema.optional(),
        askedBy: z.enum(['staff', 'person']).default('staff').openapi({
          description: 'Who wants it: `person` where they asked for it themselves, such as on your website',
        }),
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
    const { topic, owner, askedBy, ...window } = c.req.valid('json');
    const promised = await apply(
      { ...deps, policies },
      { ...authorOf(c), tenantId: c.get('tenantId') },
      {
        contactId: c.req.valid('param').contactId,
        window: defined(window),
        topic,
        owner: owner ?? null,
        askedBy,
      },
    );
    c.header('ETag', etag(promised.callback));
    return c.json(promisedJson(promised), 201);
  };
});
