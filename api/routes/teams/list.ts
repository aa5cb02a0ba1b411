import { createRoute } from '@hono/zod-openapi';
import { listTeams as readTeams } from '../../../db/repositories/teams.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { teamJson, teamSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/teams',
  tags: ['Agents'],
  summary: 'Teams (班组), by name',
  operationId: 'listTeams',
  request: { query: cursorQuery },
  responses: {
    200: jsonResponse(pageSchema(teamSchema), 'One page'),
    ...problemResponses('invalid_input'),
  },
});

export const listTeams = operation(route, 'agents.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after } = c.req.valid('query');
  const place = readCursor<[string]>(deps.vault, tenantId, 'listTeams', {}, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readTeams(tx, { after: place?.[0] ?? null, limit: limit + 1 }),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? writeCursor(deps.vault, tenantId, 'listTeams', {}, [last.name])
      : null;
  return c.json({ items: items.map(teamJson), next }, 200);
});
