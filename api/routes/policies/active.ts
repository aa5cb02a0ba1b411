import { createRoute, z } from '@hono/zod-openapi';
import { activePolicySet } from '../../../db/repositories/policies.ts';
import { notFound } from '../../../domain/failures.ts';
import { toIso } from '../../../domain/time.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';

const setSchema = z
  .object({
    hash: z.string(),
    activatedAt: z.string(),
    activatedBy: z.string(),
    documents: z.array(
      z.object({
        kind: z.string(),
        id: z.string(),
        version: z.string(),
        hash: z.string(),
        document: z.unknown(),
      }),
    ),
  })
  .openapi('PolicySet');

const route = createRoute({
  method: 'get',
  path: '/v1/policies/active',
  tags: ['Policies'],
  summary: 'The packs and calendars in force, exactly as decisions use them',
  operationId: 'getActivePolicies',
  responses: {
    200: jsonResponse(setSchema, 'The set; each document hashes (RFC 8785, SHA-256) to its `hash`'),
    ...problemResponses('unauthorized', 'not_found'),
  },
});

export const getActivePolicies = operation(route, 'policies.read', (deps) => async (c) => {
  const set = await deps.db.inTenant(c.get('tenantId'), (tx) => activePolicySet(tx, deps.clock.now()));
  if (set === null) throw notFound('a policy set in force');
  const documents = set.documents.map((document) => ({
    kind: document.kind,
    id: document.documentId,
    version: document.version,
    hash: document.hash,
    document: JSON.parse(document.body) as unknown,
  }));
  const { hash, activatedBy } = set;
  return c.json({ hash, activatedBy, activatedAt: toIso(set.activatedAt), documents }, 200);
});
