import { createRoute, z } from '@hono/zod-openapi';
import { retimingsOf } from '../../../db/repositories/policy-retimings.ts';
import { activationsOf } from '../../../db/repositories/policy-versions.ts';
import { policySetsByHash } from '../../../db/repositories/policies.ts';
import { publishedHash } from '../../actions/policy-sets.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { publicationJson, publicationSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/policies/versions/{hash}',
  tags: ['Policies'],
  summary: 'One published set of policies, whole, and when it was in force',
  operationId: 'getPolicyVersion',
  request: {
    params: z.object({
      hash: z
        .string()
        .regex(/^[0-9a-f]{8,64}$/, 'is not the hash of a policy set, or its first 8 characters or more')
        .openapi({ description: 'Hash of the set, or its beginning' }),
    }),
  },
  responses: {
    200: jsonResponse(
      z
        .object({
          hash: z.string(),
          publications: z.array(publicationSchema),
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
        .openapi('PolicyVersionWhole'),
      'The set; each document hashes (RFC 8785, SHA-256) to its `hash`',
    ),
    ...problemResponses('invalid_input', 'unauthorized', 'not_found', 'conflict'),
  },
});

export const getPolicyVersion = operation(route, 'policies.read', (deps) => async (c) => {
  const read = await deps.db.inTenant(c.get('tenantId'), async (tx) => {
    const hash = await publishedHash(tx, c.req.valid('param').hash);
    const rows = await activationsOf(tx, hash);
    const retimings = await retimingsOf(
      tx,
      rows.map((row) => row.id),
    );
    return { hash, rows, retimings, stored: (await policySetsByHash(tx, [hash])).get(hash) ?? [] };
  });
  const now = deps.clock.now();
  const documents = read.stored.map((document) => ({
    kind: document.kind,
    id: document.documentId,
    version: document.version,
    hash: document.hash,
    document: JSON.parse(document.body) as unknown,
  }));
  const publications = read.rows.map((row) => publicationJson(row, read.retimings.get(row.id), now));
  return c.json({ hash: read.hash, publications, documents }, 200);
});
