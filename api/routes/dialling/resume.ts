import { createRoute } from '@hono/zod-openapi';
import { resumeAllDialling } from '../../actions/kill-switch.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { diallingJson, diallingSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/dialling/resume',
  tags: ['Calls'],
  summary: 'Release the kill switch',
  description:
    'Campaigns that run go on; every contact is decided anew by the rules and facts of that moment. Where dialling is ' +
    'not stopped nothing changes; while a restore is open, it is refused.',
  operationId: 'resumeDialling',
  request: { body: reasonBody },
  responses: {
    200: jsonResponse(diallingSchema, 'It is not stopped'),
    ...problemResponses('invalid_input', 'conflict'),
  },
});

export const resumeDialling = operation(route, 'dialling.resume', (deps) => async (c) => {
  const state = await resumeAllDialling(deps, {
    tenantId: c.get('tenantId'),
    ...authorOf(c),
    reason: c.req.valid('json').reason ?? null,
  });
  return c.json(diallingJson(state), 200);
});
