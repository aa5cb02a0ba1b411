import { createRoute, z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { recordChange } from '../../../db/repositories/changes.ts';
import { insertTeam, teamsNamed } from '../../../db/repositories/teams.ts';
import { conflict } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { recordedTeam, teamJson, teamNameSchema, teamSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/teams',
  tags: ['Agents'],
  summary: 'Make a team (班组)',
  description: 'Campaigns name the teams that take their calls; agents are in one team each.',
  operationId: 'createTeam',
  request: { body: jsonBody(z.strictObject({ name: teamNameSchema }).openapi('NewTeam')) },
  responses: {
    201: jsonResponse(teamSchema, 'Made'),
    ...problemResponses('invalid_input', 'conflict'),
  },
});

export const createTeam = operation(route, 'agents.write', (deps) => async (c) => {
  const { name } = c.req.valid('json');
  const at = deps.clock.now();
  const team = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    if ((await teamsNamed(tx, [name])).size > 0) throw conflict('there is a team of this name already');
    const made = await insertTeam(tx, { id: uuidv7(), name }, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'createTeam',
      resource: 'team',
      resourceId: made.id,
      before: null,
      after: recordedTeam(made),
      at,
    });
    return made;
  });
  c.header('ETag', etag(team));
  c.header('Location', `/v1/teams/${team.id}`);
  return c.json(teamJson(team), 201);
});
