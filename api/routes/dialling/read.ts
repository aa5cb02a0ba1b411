import { createRoute } from '@hono/zod-openapi';
import { readDialling } from '../../actions/kill-switch.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { diallingJson, diallingSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/dialling',
  tags: ['Calls'],
  summary: 'Whether all dialling of the tenant is stopped',
  operationId: 'getDialling',
  responses: { 200: jsonResponse(diallingSchema, 'The state of the kill switch'), ...problemResponses() },
});

export const getDialling = operation(route, 'campaigns.read', (deps) => async (c) => {
  const state = await readDialling(deps.db, c.get('tenantId'));
  return c.json(diallingJson(state), 200);
});
