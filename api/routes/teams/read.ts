import { createRoute } from '@hono/zod-openapi';
import { teamById } from '../../../db/repositories/teams.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { teamJson, teamParams, teamSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/teams/{teamId}',
  tags: ['Agents'],
  summary: 'One team; the ETag is its revision',
  operationId: 'getTeam',
  request: { params: teamParams },
  responses: {
    200: jsonResponse(teamSchema, 'The team'),
    ...problemResponses('invalid_input', 'not_found'),
  },
});

export const getTeam = operation(route, 'agents.read', (deps) => async (c) => {
  const { teamId } = c.req.valid('param');
  const team = await deps.db.inTenant(c.get('tenantId'), (tx) => teamById(tx, teamId));
  if (team === null) throw notFound('the team');
  c.header('ETag', etag(team));
  return c.json(teamJson(team), 200);
});
