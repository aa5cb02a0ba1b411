import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { addListener, carrierKindOf } from '../../../db/repositories/seat-lists.ts';
import { agentCallOf } from '../../../db/repositories/wrap-ups.ts';
import { RightcallError, conflict, notFound } from '../../../domain/failures.ts';
import { assignCall as giveCall, assignPreview as givePreview } from '../../actions/assign.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonBody, jsonResponse } from '../../schemas.ts';
import { attemptIdFrom, attemptParams } from '../attempts/model.ts';
import { agentCallJson, agentCallSchema } from './call-model.ts';
import { previewJson, previewParams, previewSchema } from './previews.ts';

const toAgent = jsonBody(
  z
    .strictObject({ agentId: inputIdSchema.openapi({ description: 'An agent who is ready' }) })
    .openapi('Assignment'),
);

const callRoute = createRoute({
  method: 'post',
  path: '/v1/contacts/{contactId}/attempts/{ordinal}/assign',
  tags: ['Agents'],
  summary: 'Give a call that rings, or waits for an agent, to this one',
  description:
    'Whoever was kept free for it is free again. Skills are not asked for: the supervisor knows better. One that is joined ' +
    'with an agent already stays where it is.',
  operationId: 'assignCall',
  request: { params: attemptParams, body: toAgent },
  responses: {
    200: jsonResponse(agentCallSchema, 'It is theirs'),
    ...problemResponses('invalid_input', 'not_found', 'conflict'),
  },
});

export const assignCall = operation(callRoute, 'agents.supervise', (deps) => async (c) => {
  const call = await giveCall(
    deps,
    { ...authorOf(c), tenantId: c.get('tenantId') },
    { attemptId: attemptIdFrom(c.req.valid('param')), agentId: c.req.valid('json').agentId },
  );
  return c.json(agentCallJson(call), 200);
});

const previewRoute = createRoute({
  method: 'post',
  path: '/v1/agents/previews/{previewId}/assign',
  tags: ['Agents'],
  summary: 'Show a contact that is shown to one agent to another, for what is left of its time',
  operationId: 'assignPreview',
  request: { params: previewParams, body: toAgent },
  responses: {
    200: jsonResponse(previewSchema, 'It is shown to them'),
    ...problemResponses('invalid_input', 'not_found', 'conflict'),
  },
});

export const assignPreview = operation(previewRoute, 'agents.supervise', (deps) => async (c) => {
  const preview = await givePreview(
    deps,
    { ...authorOf(c), tenantId: c.get('tenantId') },
    { previewId: c.req.valid('param').previewId, agentId: c.req.valid('json').agentId },
  );
  return c.json(previewJson(preview), 200);
});

const listenRoute = createRoute({
  method: 'post',
  path: '/v1/contacts/{contactId}/attempts/{ordinal}/listen',
  tags: ['Agents'],
  summary: 'Listen in on a call, where its carrier can',
  description: 'Who asked is on record with the call. Refused where the carrier of the call cannot do it.',
  operationId: 'listenIn',
  request: { params: attemptParams },
  responses: {
    200: jsonResponse(agentCallSchema, 'Asked for'),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

export const listenIn = operation(listenRoute, 'agents.supervise', (deps) => async (c) => {
  const attemptId = attemptIdFrom(c.req.valid('param'));
  const author = authorOf(c);
  const call = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await agentCallOf(tx, attemptId);
    if (before === null) throw notFound('the call');
    const kind = await carrierKindOf(tx, attemptId);
    if (kind === null || deps.listensIn?.(kind) !== true) {
      throw new RightcallError('refused', 'the carrier of the call cannot let anybody listen in');
    }
    if (!(await addListener(tx, attemptId, author.by))) {
      throw conflict(`the call is ${before.state}; one can listen in while it is connected`);
    }
    const after = (await agentCallOf(tx, attemptId))!;
    if (after.listeners.length > before.listeners.length) {
      await recordChange(tx, {
        ...author,
        action: 'listenIn',
        resource: 'call',
        resourceId: attemptId,
        before: { listeners: before.listeners },
        after: { listeners: after.listeners },
        at: deps.clock.now(),
      });
    }
    return after;
  });
  return c.json(agentCallJson(call), 200);
});
