import { createRoute, z } from '@hono/zod-openapi';
import { lockApiKey, updateApiKey } from '../../../db/repositories/access.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { keyBookOf } from '../../access/key-book.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, requireRevision, revisionOf } from '../../revisions.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import {
  apiKeyJson,
  apiKeySchema,
  expiryOf,
  expirySchema,
  keyNameSchema,
  keyParams,
  mustNotExceed,
  recordedKey,
} from './model.ts';

const bodySchema = z
  .strictObject({ name: keyNameSchema.optional(), expiresAt: expirySchema.optional() })
  .openapi('ApiKeyChange');

const route = createRoute({
  method: 'patch',
  path: '/v1/access/keys/{keyId}',
  tags: ['Access'],
  summary: 'Change an API key’s name or expiry',
  description:
    'What a key may do never changes: make another. Its expiry cannot be put off by somebody who may do less than the ' +
    'key; a key that was revoked stays as it is.',
  operationId: 'changeApiKey',
  request: { params: keyParams, headers: ifMatchHeader, body: jsonBody(bodySchema) },
  responses: {
    200: jsonResponse(apiKeySchema, 'The key as it is now'),
    ...problemResponses(
      'invalid_input',
      'not_found',
      'conflict',
      'refused',
      'precondition_failed',
      'precondition_required',
    ),
  },
});

export const changeApiKey = operation(route, 'access.write', (deps) => async (c) => {
  const { keyId } = c.req.valid('param');
  const { name, expiresAt } = c.req.valid('json');
  const ifMatch = c.req.valid('header')['if-match'];
  const expiresReal = expiryOf(expiresAt);
  const row = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const key = await lockApiKey(tx, keyId);
    if (key === null) throw notFound('the API key');
    requireRevision('the API key', key.revision, revisionOf(ifMatch));
    if (key.revokedReal !== null) throw conflict('the API key was revoked');
    mustNotExceed(c.get('principal'), key);
    const changed = await updateApiKey(tx, key, {
      ...(name === undefined ? {} : { name }),
      ...(expiresAt === undefined ? {} : { expiresReal }),
    });
    await recordChange(tx, {
      ...authorOf(c),
      action: 'changeApiKey',
      resource: 'apiKey',
      resourceId: key.id,
      before: recordedKey(key),
      after: recordedKey(changed),
      at: deps.clock.now(),
    });
    return changed;
  });
  keyBookOf(deps).forget();
  c.header('ETag', etag(row));
  return c.json(apiKeyJson(row), 200);
});
