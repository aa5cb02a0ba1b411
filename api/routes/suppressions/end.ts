import { createRoute } from '@hono/zod-openapi';
import { recordChange } from '../../../db/repositories/changes.ts';
import { endSuppression as applyEnd, lockSuppression } from '../../../db/repositories/suppressions.ts';
import { notFound } from '../../../domain/failures.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { isoOrNull, jsonResponse, suppressionParams } from '../../schemas.ts';
import { reasonBody } from '../campaigns/model.ts';
import { suppressionSchema, suppressionsJson } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/suppressions/{suppressionId}/end',
  tags: ['Suppressions'],
  summary: 'Let an entry end now; it stays as evidence',
  description:
    'Contacts that it ended stay ended. Ending it again changes nothing. An entry that a person asked for can be ended ' +
    'too: who did so, and why, is on record.',
  operationId: 'endSuppression',
  request: { params: suppressionParams, body: reasonBody },
  responses: {
    200: jsonResponse(suppressionSchema, 'The entry with its end'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found'),
  },
});

export const endSuppression = operation(route, 'suppressions.write', (deps) => async (c) => {
  const { suppressionId } = c.req.valid('param');
  const { reason } = c.req.valid('json');
  const [body] = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const before = await lockSuppression(tx, suppressionId);
    if (before === null) throw notFound('the entry');
    const at = deps.clock.now();
    const after = (await applyEnd(tx, suppressionId, at))!;
    if (after.validUntil !== before.validUntil) {
      const { list, scope, campaignId, purpose, requestedByPerson } = before;
      const entry = { list, scope, campaignId, purpose, requestedByPerson };
      await recordChange(tx, {
        ...authorOf(c),
        action: 'endSuppression',
        resource: 'suppression',
        resourceId: suppressionId,
        before: { ...entry, validUntil: isoOrNull(before.validUntil) },
        after: { ...entry, validUntil: isoOrNull(after.validUntil) },
        reason: reason ?? null,
        at,
      });
    }
    return suppressionsJson(tx, deps.vault, [after]);
  });
  return c.json(body!, 200);
});
