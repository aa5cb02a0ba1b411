import { createRoute } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { lockScript, retireScript as apply } from '../../../db/repositories/scripts.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonResponse } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { scriptForRecord, scriptJson, scriptParams, scriptSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/scripts/{scriptId}/retire',
  tags: ['Scripts'],
  summary: 'Retire a script: no campaign is started with it any more',
  description: 'Campaigns that run go on with it. It stays readable. Retiring it again changes nothing.',
  operationId: 'retireScript',
  request: { params: scriptParams, body: reasonBody },
  responses: {
    200: jsonResponse(scriptSchema, 'It is retired'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const retireScript = operation(route, 'scripts.write', (deps) => async (c) => {
  const { scriptId } = c.req.valid('param');
  const { reason } = c.req.valid('json');
  const script = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockScript(tx, scriptId);
    if (before === null) throw notFound('the script');
    if (before.retiredAt !== null) return before;
    const at = deps.clock.now();
    const after = await apply(tx, before, at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'retireScript',
      resource: 'script',
      resourceId: scriptId,
      before: scriptForRecord(before),
      after: scriptForRecord(after),
      reason: reason ?? null,
      at,
    });
    return after;
  });
  c.header('ETag', etag(script));
  return c.json(scriptJson(script), 200);
});
