import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { campaignsNaming, lockTeam, renameTeam, teamsNamed } from '../../../db/repositories/teams.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, requireRevision, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { recordedTeam, teamJson, teamNameSchema, teamParams, teamSchema } from './model.ts';

const route = createRoute({
  method: 'patch',
  path: '/v1/teams/{teamId}',
  tags: ['Agents'],
  summary: 'Give a team another name',
  description:
    'Campaigns name their teams: one that a campaign which is not over names keeps its name, and the answer says which ' +
    'campaigns these are.',
  operationId: 'changeTeam',
  request: {
    params: teamParams,
    headers: ifMatchHeader,
    body: jsonBody(z.strictObject({ name: teamNameSchema }).openapi('TeamChange')),
  },
  responses: {
    200: jsonResponse(teamSchema, 'The new revision'),
    ...problemResponses(
      'invalid_input',
      'not_found',
      'conflict',
      'precondition_failed',
      'precondition_required',
    ),
  },
});

export const changeTeam = operation(route, 'agents.write', (deps) => async (c) => {
  const { teamId } = c.req.valid('param');
  const { name } = c.req.valid('json');
  const expected = revisionOf(c.req.valid('header')['if-match']);
  const at = deps.clock.now();
  const team = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockTeam(tx, teamId);
    if (before === null) throw notFound('the team');
    requireRevision('the team', before.revision, expected);
    if (before.name === name) return before;
    const naming = await campaignsNaming(tx, before.name);
    if (naming.length > 0) {
      throw conflict(`campaigns name the team as it is called now: ${naming.join(', ')}`);
    }
    if ((await teamsNamed(tx, [name])).size > 0) throw conflict('there is a team of this name already');
    const after = await renameTeam(tx, teamId, name, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'changeTeam',
      resource: 'team',
      resourceId: teamId,
      before: recordedTeam(before),
      after: recordedTeam(after),
      at,
    });
    return after;
  });
  c.header('ETag', etag(team));
  return c.json(teamJson(team), 200);
});
