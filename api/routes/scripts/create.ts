import { createRoute, z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { recordChange } from '../../../db/repositories/changes.ts';
import { insertScript, scriptVersion } from '../../../db/repositories/scripts.ts';
import { canonicalHash } from '../../../policies/index.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import {
  documentSchema,
  scriptForRecord,
  scriptJson,
  scriptNameSchema,
  scriptWithVersionSchema,
  versionJson,
} from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/scripts',
  tags: ['Scripts'],
  summary: 'Add a script (话术) with its first version',
  description:
    'A dialogue that a person could be caught in is refused with the path of the node: one from which there is no way to ' +
    'opt out, that goes round for ever with somebody who says nothing, that leads nowhere, or that nothing leads to. ' +
    'A new script is a draft; campaigns can be started with versions that were published. The simulator does not run ' +
    'dialogues yet: it draws what a call comes to.',
  operationId: 'createScript',
  request: { body: jsonBody(z.strictObject({ name: scriptNameSchema, document: documentSchema })) },
  responses: {
    201: jsonResponse(scriptWithVersionSchema, 'Added'),
    ...problemResponses('invalid_input', 'unauthorized', 'conflict'),
  },
});

export const createScript = operation(route, 'scripts.write', (deps) => async (c) => {
  const { name, document } = c.req.valid('json');
  const at = deps.clock.now();
  const made = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const first = { document, hash: canonicalHash(document), by: c.get('actor'), at };
    const script = await insertScript(tx, { id: uuidv7(), name }, first);
    await recordChange(tx, {
      ...authorOf(c),
      action: 'createScript',
      resource: 'script',
      resourceId: script.id,
      before: null,
      after: { ...scriptForRecord(script), hash: first.hash },
      at,
    });
    return { script, version: (await scriptVersion(tx, script.id, 1))! };
  });
  c.header('ETag', etag(made.script));
  return c.json({ script: scriptJson(made.script), version: versionJson(made.version) }, 201);
});
