import { createRoute, z } from '@hono/zod-openapi';
import { cancelPublication } from '../../actions/policy-publication.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse } from '../../schemas.ts';
import { noteSchema, publicationJson, publicationSchema } from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/publications/{publicationId}/cancel',
  tags: ['Policies'],
  summary: 'Call off a publication that has not taken effect',
  description: 'One that has is undone by publishing the set before it (`fromSet` of a draft).',
  operationId: 'cancelPolicyPublication',
  request: {
    params: z.object({
      publicationId: z.coerce
        .number()
        .int()
        .min(1)
        .max(Number.MAX_SAFE_INTEGER)
        .openapi({ description: 'Its `id` in the list of versions' }),
    }),
    body: jsonBody(z.strictObject({ note: noteSchema })),
  },
  responses: {
    200: jsonResponse(publicationSchema, 'Called off'),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const cancelPolicyPublication = operation(route, 'policies.publish', (deps) => async (c) => {
  const { publicationId: activationId } = c.req.valid('param');
  const { note } = c.req.valid('json');
  const row = await deps.db.inTenant(c.get('tenantId'), (tx) =>
    cancelPublication(tx, deps, { ...authorOf(c), activationId, note }),
  );
  return c.json(publicationJson(row, undefined, deps.clock.now()), 200);
});
