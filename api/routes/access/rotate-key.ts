import { createRoute, z } from '@hono/zod-openapi';
import { v7 as uuidv7 } from 'uuid';
import { insertApiKey, lockApiKey, updateApiKey, type ApiKeyRow } from '../../../db/repositories/access.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { conflict, notFound } from '../../../domain/failures.ts';
import { keyBookOf } from '../../access/key-book.ts';
import { makeKeyText } from '../../access/key-text.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { etag } from '../../revisions.ts';
import {
  apiKeyJson,
  apiKeySchema,
  expiryOf,
  expirySchema,
  keyParams,
  madeKeySchema,
  mustNotExceed,
  recordedKey,
  stateOf,
} from './model.ts';

const HOUR_MS = 3_600_000;

const bodySchema = z
  .strictObject({
    overlapHours: z
      .number()
      .min(0)
      .max(720)
      .default(24)
      .openapi({ description: 'How long the old key stays valid beside the new one; real hours' }),
    expiresAt: expirySchema
      .optional()
      .openapi({ description: 'Of the new key; left out: as long a life from now as the old one was given' }),
  })
  .openapi('ApiKeyRotation');

const route = createRoute({
  method: 'post',
  path: '/v1/access/keys/{keyId}/rotate',
  tags: ['Access'],
  summary: 'Put a new key in the place of an old one, without a gap',
  description:
    'The new key has the name, roles and scopes of the old one and is valid at once; the old one stays valid for ' +
    '`overlapHours` (24), within which every client takes up the new one. A key that was rotated, revoked or has expired ' +
    'is a conflict.',
  operationId: 'rotateApiKey',
  request: {
    params: keyParams,
    body: { content: { 'application/json': { schema: bodySchema } }, required: false },
  },
  responses: {
    201: jsonResponse(
      madeKeySchema.extend({ replaced: apiKeySchema }).openapi('RotatedApiKey'),
      'Made; keep the key now',
    ),
    ...problemResponses('invalid_input', 'not_found', 'conflict', 'refused'),
  },
});

export const rotateApiKey = operation(route, 'access.write', (deps) => async (c) => {
  const { keyId } = c.req.valid('param');
  const tenantId = c.get('tenantId');
  const author = authorOf(c);
  // No body at all is read as nothing said.
  const { overlapHours = 24, expiresAt } = c.req.valid('json');
  const expiresReal = expiresAt === undefined ? undefined : expiryOf(expiresAt);
  const made = makeKeyText(tenantId);
  const { replaced, row } = await deps.db.inTenant(tenantId, async (tx) => {
    const old = await lockApiKey(tx, keyId);
    if (old === null) throw notFound('the API key');
    if (old.successor !== null) throw conflict('the API key was rotated already; rotate its successor');
    if (stateOf(old) !== 'usable') throw conflict(`the API key is ${stateOf(old)}; make another`);
    mustNotExceed(c.get('principal'), old);
    const id = uuidv7();
    const endsReal = Date.now() + overlapHours * HOUR_MS;
    const ended = await updateApiKey(tx, old, {
      successor: id,
      expiresReal: Math.min(old.expiresReal ?? Infinity, endsReal),
    });
    const key = await insertApiKey(tx, {
      id,
      name: old.name,
      hash: made.hash,
      prefix: made.prefix,
      roles: old.roles,
      scopes: old.scopes,
      expiresReal: expiresReal === undefined ? sameLife(old) : expiresReal,
      by: author.by,
    });
    await recordChange(tx, {
      ...author,
      action: 'rotateApiKey',
      resource: 'apiKey',
      resourceId: old.id,
      before: recordedKey(old),
      after: { replaced: recordedKey(ended), successor: recordedKey(key) },
      at: deps.clock.now(),
    });
    return { replaced: ended, row: key };
  });
  keyBookOf(deps).forget();
  c.header('ETag', etag(row));
  c.header('Location', `/v1/access/keys/${row.id}`);
  c.header('Cache-Control', 'no-store');
  return c.json({ key: made.text, apiKey: apiKeyJson(row), replaced: apiKeyJson(replaced) }, 201);
});

function sameLife(old: ApiKeyRow): number | null {
  return old.expiresReal === null ? null : Date.now() + (old.expiresReal - old.createdReal);
}
