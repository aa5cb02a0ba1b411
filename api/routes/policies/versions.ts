import { createRoute, z } from '@hono/zod-openapi';
import { policySetsByHash } from '../../../db/repositories/policies.ts';
import { retimingsOf } from '../../../db/repositories/policy-retimings.ts';
import { listActivations } from '../../../db/repositories/policy-versions.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { publicationJson, publicationSchema } from './model.ts';

const itemSchema = publicationSchema
  .extend({
    documents: z.array(z.object({ kind: z.string(), id: z.string(), version: z.string(), hash: z.string() })),
  })
  .openapi('PolicyVersion');

const route = createRoute({
  method: 'get',
  path: '/v1/policies/versions',
  tags: ['Policies'],
  summary: 'Every set of policies ever published, newest first: since when, by whom, with which documents',
  operationId: 'listPolicyVersions',
  request: { query: cursorQuery },
  responses: {
    200: jsonResponse(pageSchema(itemSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listPolicyVersions = operation(route, 'policies.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after } = c.req.valid('query');
  const cursor = readCursor<[number]>(deps.vault, tenantId, 'listPolicyVersions', {}, after);
  const read = await deps.db.inTenant(tenantId, async (tx) => {
    const rows = await listActivations(tx, { before: cursor?.[0] ?? null, limit: limit + 1 });
    const retimings = await retimingsOf(
      tx,
      rows.map((row) => row.id),
    );
    const sets = await policySetsByHash(tx, [...new Set(rows.map((row) => row.setHash))]);
    return { rows, retimings, sets };
  });
  const page = read.rows.slice(0, limit);
  const last = page.at(-1);
  const next =
    read.rows.length <= limit || last === undefined
      ? null
      : writeCursor(deps.vault, tenantId, 'listPolicyVersions', {}, [last.id]);
  const now = deps.clock.now();
  const items = page.map((row) => ({
    ...publicationJson(row, read.retimings.get(row.id), now),
    documents: (read.sets.get(row.setHash) ?? []).map(({ kind, documentId, version, hash }) => ({
      kind,
      id: documentId,
      version,
      hash,
    })),
  }));
  return c.json({ items, next }, 200);
});
