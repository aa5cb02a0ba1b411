import { createRoute, z } from '@hono/zod-openapi';
import { campaignById } from '../../../db/repositories/campaigns.ts';
import { importById } from '../../../db/repositories/imports-read.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { campaignParams, defined, jsonResponse } from '../../schemas.ts';
import { withUpload } from '../../uploads.ts';
import { importJson, importedSchema, uploadBody, uploadQuery } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/campaigns/{campaignId}/imports',
  tags: ['Imports'],
  summary: 'Take in a contact list: CSV or JSON lines, gzip or not, as the body',
  description:
    'Answers when every row is stored. The same file for the same campaign is the same import and changes nothing; ' +
    'sending it again after an interruption goes on where it was. Rows that cannot be taken are issues and stop ' +
    'nothing else. docs/imports.md tells columns and encodings.',
  operationId: 'importContacts',
  request: {
    params: campaignParams,
    query: uploadQuery.extend({
      delimiter: z.enum([',', ';', 'tab', '|']).optional().openapi({ description: 'Left out: found out' }),
      encoding: z
        .string()
        .max(40)
        .optional()
        .openapi({ description: 'Left out: found out', example: 'gb18030' }),
      limit: z.coerce
        .number()
        .int()
        .min(1)
        .optional()
        .openapi({ description: 'Take in so many rows at most' }),
    }),
    body: uploadBody,
  },
  responses: {
    200: jsonResponse(importedSchema, 'The same content was taken in before'),
    201: jsonResponse(importedSchema, 'Taken in'),
    ...problemResponses(
      'invalid_input',
      'unauthorized',
      'not_found',
      'conflict',
      'too_large',
      'unsupported_media_type',
    ),
  },
});

export const importContacts = operation(route, 'imports.write', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { campaignId } = c.req.valid('param');
  const { name, delimiter, ...options } = c.req.valid('query');
  const campaign = await deps.db.inTenant(tenantId, (tx) => campaignById(tx, campaignId));
  if (campaign === null) throw notFound('the campaign');
  if (campaign.status === 'stopped' || campaign.status === 'completed') {
    throw conflict(`the campaign is ${campaign.status} and takes no more contacts`);
  }
  const upload = { spoolDir: deps.spoolDir, limitBytes: deps.limits.uploadBytes };
  const result = await withUpload(c.req.raw.body, upload, (path) =>
    deps.imports.contacts({
      tenantId,
      campaignId,
      source: { name, path },
      importedBy: c.get('actor'),
      ...defined({ ...options, delimiter: delimiter === 'tab' ? '\t' : delimiter }),
    }),
  );
  const row = await deps.db.inTenant(tenantId, (tx) => importById(tx, result.importId));
  if (row === null) throw notFound('the import');
  const body = { import: importJson(row), alreadyImported: result.alreadyImported };
  return result.alreadyImported ? c.json(body, 200) : c.json(body, 201);
});
