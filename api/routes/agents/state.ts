import { createRoute, z } from '@hono/zod-openapi';
import { requestState } from '../../actions/agent-state.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { me } from './checks.ts';
import { agentParams, seatJson, seatSchema, sessionSchema, stateBody } from './model.ts';

const WHAT_IT_DOES =
  'Holds at once, or, while a contact is held, once that is over (`next`). Whoever becomes ready takes the oldest waiting ' +
  'call that they fit at once. `ready` is refused outside of every shift, and while a call is not written down.';

const mineRoute = createRoute({
  method: 'post',
  path: '/v1/agents/me/state',
  tags: ['Agents'],
  summary: 'Sign in, be ready, take a break, sign out',
  description: WHAT_IT_DOES,
  operationId: 'setMyState',
  request: { body: jsonBody(stateBody.extend({ session: sessionSchema.optional() }).openapi('MyState')) },
  responses: {
    200: jsonResponse(seatSchema, 'Your seat as it is now'),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

export const setMyState = operation(mineRoute, 'agents.self', (deps) => async (c) => {
  const { state, reason, session } = c.req.valid('json');
  const tenantId = c.get('tenantId');
  const { id } = await deps.db.inTenant(tenantId, (tx) => me(tx, c));
  const seat = await requestState(
    deps,
    { ...authorOf(c), tenantId },
    { agentId: id, to: state, reason: reason ?? null, sessionId: session ?? null, supervisor: null },
  );
  return c.json(seatJson(seat), 200);
});

const route = createRoute({
  method: 'post',
  path: '/v1/agents/{agentId}/state',
  tags: ['Agents'],
  summary: 'Have an agent be ready, on a break or signed out, as their supervisor',
  description:
    `${WHAT_IT_DOES} With \`force\` nothing but a call with a person on it holds it up: what the agent is reserved for goes ` +
    'to another one, and a call in wrap-up stays to be written down.',
  operationId: 'setAgentState',
  request: {
    params: agentParams,
    body: jsonBody(
      stateBody
        .extend({
          force: z
            .boolean()
            .default(false)
            .openapi({ description: 'Not to wait for what they are reserved for' }),
        })
        .openapi('AgentStateChange'),
    ),
  },
  responses: {
    200: jsonResponse(seatSchema, 'Their seat as it is now'),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

export const setAgentState = operation(route, 'agents.supervise', (deps) => async (c) => {
  const { state, reason, force } = c.req.valid('json');
  const seat = await requestState(
    deps,
    { ...authorOf(c), tenantId: c.get('tenantId') },
    {
      agentId: c.req.valid('param').agentId,
      to: state,
      reason: reason ?? null,
      sessionId: null,
      supervisor: { force },
    },
  );
  return c.json(seatJson(seat), 200);
});
