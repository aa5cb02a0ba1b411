import { createRoute, z } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { addVersion, lockScript, scriptVersion } from '../../../db/repositories/scripts.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { canonicalHash } from '../../../policies/index.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, requireRevision, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import {
  documentSchema,
  scriptForRecord,
  scriptJson,
  scriptParams,
  scriptWithVersionSchema,
  versionJson,
} from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/scripts/{scriptId}/versions',
  tags: ['Scripts'],
  summary: 'Give a script another version',
  description:
    'Versions are never changed: campaigns go on with the one they name. The same document as the latest version has is ' +
    'no new version.',
  operationId: 'addScriptVersion',
  request: {
    params: scriptParams,
    headers: ifMatchHeader,
    body: jsonBody(z.strictObject({ document: documentSchema })),
  },
  responses: {
    200: jsonResponse(scriptWithVersionSchema, 'The latest version says this already'),
    201: jsonResponse(scriptWithVersionSchema, 'Added'),
    ...problemResponses(
      'invalid_input',
      'unauthorized',
      'not_found',
      'conflict',
      'precondition_failed',
      'precondition_required',
    ),
  },
});

export const addScriptVersion = operation(route, 'scripts.write', (deps) => async (c) => {
  const { scriptId } = c.req.valid('param');
  const { document } = c.req.valid('json');
  const expected = revisionOf(c.req.valid('header')['if-match']);
  const hash = canonicalHash(document);
  const at = deps.clock.now();
  const made = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockScript(tx, scriptId);
    if (before === null) throw notFound('the script');
    if (before.retiredAt !== null) throw conflict('the script is retired and takes no more versions');
    requireRevision('the script', before.revision, expected);
    const latest = (await scriptVersion(tx, scriptId, before.latestVersion))!;
    if (latest.hash === hash) return { script: before, version: latest, created: false };
    const added = await addVersion(tx, before, { document, hash, by: c.get('actor'), at });
    await recordChange(tx, {
      ...authorOf(c),
      action: 'addScriptVersion',
      resource: 'script',
      resourceId: scriptId,
      before: { ...scriptForRecord(before), hash: latest.hash },
      after: { ...scriptForRecord(added.script), hash },
      at,
    });
    return { ...added, created: true };
  });
  const body = { script: scriptJson(made.script), version: versionJson(made.version) };
  c.header('ETag', etag(made.script));
  return made.created ? c.json(body, 201) : c.json(body, 200);
});
