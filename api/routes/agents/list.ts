import { createRoute, z } from '@hono/zod-openapi';
import { listAgents as readAgents } from '../../../db/repositories/agents.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { inputIdSchema, jsonResponse } from '../../schemas.ts';
import { agentJson, agentSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/agents',
  tags: ['Agents'],
  summary: 'Agents (坐席), in the order in which they were made',
  description: 'Filters: `teamId`, `enabled`. What they do now is in `GET /v1/agents/seats`.',
  operationId: 'listAgents',
  request: {
    query: cursorQuery.extend({
      teamId: inputIdSchema.optional(),
      enabled: z.enum(['true', 'false']).optional(),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(agentSchema), 'One page'),
    ...problemResponses('invalid_input'),
  },
});

export const listAgents = operation(route, 'agents.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...filters } = c.req.valid('query');
  const place = readCursor<[string]>(deps.vault, tenantId, 'listAgents', filters, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    readAgents(tx, {
      teamId: filters.teamId ?? null,
      enabled: filters.enabled === undefined ? null : filters.enabled === 'true',
      after: place?.[0] ?? null,
      limit: limit + 1,
    }),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next =
    rows.length > limit && last !== undefined
      ? writeCursor(deps.vault, tenantId, 'listAgents', filters, [last.id])
      : null;
  return c.json({ items: items.map(agentJson), next }, 200);
});
