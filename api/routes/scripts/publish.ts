import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { lockScript, publishVersion, scriptVersion } from '../../../db/repositories/scripts.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { scriptForRecord, scriptJson, scriptParams, scriptSchema } from './model.ts';

const bodySchema = z.strictObject({ version: z.number().int().min(1).max(2_147_483_647) });

const route = createRoute({
  method: 'post',
  path: '/v1/scripts/{scriptId}/publish',
  tags: ['Scripts'],
  summary: 'Publish a version: campaigns can be started with it',
  description: 'Earlier versions that were published stay usable. Publishing the same again changes nothing.',
  operationId: 'publishScriptVersion',
  request: { params: scriptParams, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(scriptSchema, 'It is published'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const publishScriptVersion = operation(route, 'scripts.write', (deps) => async (c) => {
  const { scriptId } = c.req.valid('param');
  const { version } = c.req.valid('json');
  const script = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockScript(tx, scriptId);
    if (before === null) throw notFound('the script');
    if (before.retiredAt !== null) throw conflict('the script is retired');
    if ((await scriptVersion(tx, scriptId, version)) === null) throw notFound('the version');
    if (before.publishedVersion === version) return before;
    const at = deps.clock.now();
    const after = await publishVersion(tx, before, version, c.get('actor'), at);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'publishScriptVersion',
      resource: 'script',
      resourceId: scriptId,
      before: scriptForRecord(before),
      after: scriptForRecord(after),
      at,
    });
    return after;
  });
  c.header('ETag', etag(script));
  return c.json(scriptJson(script), 200);
});
