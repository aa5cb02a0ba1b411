import { createRoute } from '@hono/zod-openapi';
import { resumeEverything as resumeAll } from '../../../db/stop-everything.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { everythingJson, everythingSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/dialling/everything/resume',
  tags: ['Calls'],
  summary: 'Let the installation dial again',
  description:
    'For those who run the installation. Stops of single tenants, campaigns, carriers and people stand as they stood; ' +
    'every contact is decided anew. Where not everything is stopped nothing changes.',
  operationId: 'resumeEverything',
  request: { body: reasonBody },
  responses: {
    200: jsonResponse(everythingSchema, 'It is not stopped'),
    ...problemResponses('invalid_input'),
  },
});

export const resumeEverything = operation(route, 'installation.resume', (deps) => async (c) => {
  const state = await resumeAll(deps, {
    tenantId: c.get('tenantId'),
    ...authorOf(c),
    reason: c.req.valid('json').reason ?? null,
  });
  return c.json(everythingJson(state), 200);
});
