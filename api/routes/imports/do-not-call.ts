import { createRoute, z } from '@hono/zod-openapi';
import { importById } from '../../../db/repositories/imports-read.ts';
import { notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { defined, instantSchema, jsonResponse, toMs } from '../../schemas.ts';
import { withUpload } from '../../uploads.ts';
import { listNameSchema } from '../suppressions/entry.ts';
import { importJson, importedSchema, uploadBody, uploadQuery } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/do-not-call/imports',
  tags: ['Imports'],
  summary: 'Take in a do-not-call list (勿扰名单): one number a line, CSV or JSON lines',
  description:
    'Answers when every number is suppressed; each binds calls under way as well. The same file again changes nothing.',
  operationId: 'importDoNotCall',
  request: {
    query: uploadQuery.extend({
      list: listNameSchema.default('internal'),
      scope: z.enum(['national', 'tenant']).default('tenant'),
      asOf: instantSchema.optional().openapi({
        description: 'When the list was true at its source; rules refuse a list that is too old',
      }),
    }),
    body: uploadBody,
  },
  responses: {
    200: jsonResponse(importedSchema, 'The same content was taken in before'),
    201: jsonResponse(importedSchema, 'Taken in'),
    ...problemResponses('invalid_input', 'unauthorized', 'too_large', 'unsupported_media_type'),
  },
});

export const importDoNotCall = operation(route, 'suppressions.write', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { name, asOf, ...options } = c.req.valid('query');
  const upload = { spoolDir: deps.spoolDir, limitBytes: deps.limits.uploadBytes };
  const result = await withUpload(c.req.raw.body, upload, (path) =>
    deps.imports.doNotCall({
      tenantId,
      source: { name, path },
      importedBy: c.get('actor'),
      ...defined({ ...options, asOf: toMs(asOf) ?? undefined }),
    }),
  );
  const row = await deps.db.inTenant(tenantId, (tx) => importById(tx, result.importId));
  if (row === null) throw notFound('the import');
  const body = { import: importJson(row), alreadyImported: result.alreadyImported };
  return result.alreadyImported ? c.json(body, 200) : c.json(body, 201);
});
