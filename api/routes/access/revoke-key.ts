import { createRoute } from '@hono/zod-openapi';
import { lockApiKey, updateApiKey } from '../../../db/repositories/access.ts';
import { recordChange } from '../../../db/repositories/changes.ts';
import { notFound } from '../../../domain/failures.ts';
import { keyBookOf } from '../../access/key-book.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { apiKeyJson, apiKeySchema, keyParams, recordedKey } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/access/keys/{keyId}/revoke',
  tags: ['Access'],
  summary: 'Revoke an API key: nobody comes in with it any more',
  description:
    'Binds in this process at once, in every other within 5 seconds (they ask the database every 3). Revoking again ' +
    'changes nothing; a key that was revoked never comes back.',
  operationId: 'revokeApiKey',
  request: { params: keyParams, body: reasonBody },
  responses: { 200: jsonResponse(apiKeySchema, 'It is revoked'), ...problemResponses('not_found') },
});

export const revokeApiKey = operation(route, 'access.write', (deps) => async (c) => {
  const { keyId } = c.req.valid('param');
  const reason = c.req.valid('json').reason ?? null;
  const row = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const key = await lockApiKey(tx, keyId);
    if (key === null) throw notFound('the API key');
    if (key.revokedReal !== null) return key;
    const revoked = await updateApiKey(tx, key, { revokedReal: Date.now() });
    await recordChange(tx, {
      ...authorOf(c),
      action: 'revokeApiKey',
      resource: 'apiKey',
      resourceId: key.id,
      before: recordedKey(key),
      after: recordedKey(revoked),
      reason,
      at: deps.clock.now(),
    });
    return revoked;
  });
  keyBookOf(deps).forget();
  return c.json(apiKeyJson(row), 200);
});
