import { createRoute, z } from '@hono/zod-openapi';
import { publishDraft } from '../../actions/policy-publication.ts';
import { authorOf } from '../../env.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { etag, ifMatchHeader, revisionOf } from '../../revisions.ts';
import { instantSchema, jsonBody, jsonResponse, toMs } from '../../schemas.ts';
import {
  draftJson,
  draftParams,
  draftSchema,
  noteSchema,
  publicationJson,
  publicationSchema,
} from './model.ts';

const route = createRoute({
  method: 'post',
  path: '/v1/policies/drafts/{draftId}/publish',
  tags: ['Policies'],
  summary: 'Put an approved draft in force, at once or at an instant',
  description:
    'From the answer on, every decision at or after that instant is made by it, in every worker; nothing that the rules ' +
    'before allowed is sent any more. Contacts that wait for an instant the rules before gave are re-timed over some minutes.',
  operationId: 'publishPolicyDraft',
  request: {
    params: draftParams,
    headers: ifMatchHeader,
    body: jsonBody(
      z.strictObject({
        effectiveAt: instantSchema
          .nullable()
          .default(null)
          .openapi({ description: 'When it takes effect, on the engine’s clock; left out: at once' }),
        note: noteSchema,
      }),
    ),
  },
  responses: {
    200: jsonResponse(
      z.object({
        draft: draftSchema,
        publication: publicationSchema,
        revoked: z
          .number()
          .int()
          .openapi({ description: 'Permits of the rules before, taken back before anything was sent' }),
      }),
      'In force, or to come',
    ),
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

export const publishPolicyDraft = operation(route, 'policies.publish', (deps) => async (c) => {
  const { effectiveAt, note } = c.req.valid('json');
  const { draft, activation, revoked } = await publishDraft(deps, {
    ...authorOf(c),
    tenantId: c.get('tenantId'),
    draftId: c.req.valid('param').draftId,
    revision: revisionOf(c.req.valid('header')['if-match']),
    effectiveAt: toMs(effectiveAt),
    note,
    may: (permission) => c.get('principal').permissions.has(permission),
  });
  c.header('ETag', etag(draft));
  const publication = publicationJson(activation, undefined, deps.clock.now());
  return c.json({ draft: draftJson(draft), publication, revoked }, 200);
});
