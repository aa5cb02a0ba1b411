import { createRoute } from '@hono/zod-openapi';
import { agentById } from '../../../db/repositories/agents.ts';
import { seatOf } from '../../../db/repositories/seat-requests.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { me } from './checks.ts';
import { agentJson, agentParams, agentWithSeatSchema, seatJson } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/agents/{agentId}',
  tags: ['Agents'],
  summary: 'One agent, and what they do now; the ETag is the agent’s revision',
  operationId: 'getAgent',
  request: { params: agentParams },
  responses: {
    200: jsonResponse(agentWithSeatSchema, 'The agent at their seat'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const getAgent = operation(route, 'agents.read', (deps) => async (c) => {
  const { agentId } = c.req.valid('param');
  const found = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const agent = await agentById(tx, agentId);
    return agent === null ? null : { agent, seat: (await seatOf(tx, agentId))! };
  });
  if (found === null) throw notFound('the agent');
  c.header('ETag', etag(found.agent));
  return c.json({ agent: agentJson(found.agent), seat: seatJson(found.seat) }, 200);
});

const mineRoute = createRoute({
  method: 'get',
  path: '/v1/agents/me',
  tags: ['Agents'],
  summary: 'The agent of one’s own account, and what they do now',
  operationId: 'getMyAgent',
  request: {},
  responses: {
    200: jsonResponse(agentWithSeatSchema, 'Yourself, at your seat'),
    ...problemResponses('not_found', 'refused'),
  },
});

export const getMyAgent = operation(mineRoute, 'agents.self', (deps) => async (c) => {
  const { agent, seat } = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const found = await me(tx, c);
    return { agent: found, seat: (await seatOf(tx, found.id))! };
  });
  return c.json({ agent: agentJson(agent), seat: seatJson(seat) }, 200);
});
