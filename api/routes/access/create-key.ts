import { createRoute, z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { insertApiKey } from '../../../db/repositories/access.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { invalidInput } from '../../../domain/failures.ts';
import { makeKeyText } from '../../access/key-text.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { etag } from '../../revisions.ts';
import {
  apiKeyJson,
  expiryOf,
  expirySchema,
  keyNameSchema,
  madeKeySchema,
  mustNotExceed,
  permissionSchema,
  recordedKey,
  roleSchema,
  scopeFaults,
} from './model.ts';

const bodySchema = z
  .strictObject({
    name: keyNameSchema,
    roles: z.array(roleSchema).min(1).max(6),
    scopes: z
      .array(permissionSchema)
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .openapi({ description: 'Narrows the roles to these permissions; null: all that the roles have' }),
    expiresAt: expirySchema.default(null),
  })
  .openapi('NewApiKey');

const route = createRoute({
  method: 'post',
  path: '/v1/access/keys',
  tags: ['Access'],
  summary: 'Make an API key',
  description:
    'The key itself is answered here and never again: only a digest of it is kept. Refused where it would be allowed ' +
    'more than whoever makes it; a conflict where a key of this name is in use.',
  operationId: 'createApiKey',
  request: { body: jsonBody(bodySchema) },
  responses: {
    201: jsonResponse(madeKeySchema, 'Made; keep the key now'),
    ...problemResponses('invalid_input', 'conflict', 'refused'),
  },
});

export const createApiKey = operation(route, 'access.write', (deps) => async (c) => {
  const { name, roles, scopes, expiresAt } = c.req.valid('json');
  const tenantId = c.get('tenantId');
  const author = authorOf(c);
  const faults = scopeFaults(roles, scopes);
  if (faults.length > 0) throw invalidInput(faults);
  mustNotExceed(c.get('principal'), { roles, scopes });
  const expiresReal = expiryOf(expiresAt);
  const made = makeKeyText(tenantId);
  const row = await deps.db.inTenant(tenantId, async (tx) => {
    const key = await insertApiKey(tx, {
      id: uuidv7(),
      name,
      hash: made.hash,
      prefix: made.prefix,
      roles: [...new Set(roles)],
      scopes: scopes === null ? null : [...new Set(scopes)],
      expiresReal,
      by: author.by,
    });
    await recordChange(tx, {
      ...author,
      action: 'createApiKey',
      resource: 'apiKey',
      resourceId: key.id,
      before: null,
      after: recordedKey(key),
      at: deps.clock.now(),
    });
    return key;
  });
  c.header('ETag', etag(row));
  c.header('Location', `/v1/access/keys/${row.id}`);
  c.header('Cache-Control', 'no-store');
  return c.json({ key: made.text, apiKey: apiKeyJson(row) }, 201);
});
