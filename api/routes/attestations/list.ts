import { createRoute, z } from '@hono/zod-openapi';
import { listAttestations as pageOf } from '../../../db/repositories/attestations.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { attestationJson, attestationSchema, kindSchema } from './model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/attestations',
  tags: ['Attestations'],
  summary: 'What is attested, newest first',
  description:
    'Filters: `kind`, `name`, `state` (`in_force`: what counts at this instant; `all`: what ever stood).',
  operationId: 'listAttestations',
  request: {
    query: cursorQuery.extend({
      kind: kindSchema.optional(),
      name: z.string().min(1).max(200).optional(),
      state: z.enum(['in_force', 'all']).default('all'),
    }),
  },
  responses: {
    200: jsonResponse(pageSchema(attestationSchema), 'One page'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const listAttestations = operation(route, 'attestations.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after, ...filters } = c.req.valid('query');
  const cursor = readCursor<[string]>(deps.vault, tenantId, 'listAttestations', filters, after);
  const rows = await deps.db.inTenant(tenantId, (tx) =>
    pageOf(tx, {
      kind: filters.kind ?? null,
      name: filters.name ?? null,
      inForce: filters.state === 'in_force',
      at: deps.clock.now(),
      after: cursor?.[0] ?? null,
      limit: limit + 1,
    }),
  );
  const shown = rows.slice(0, limit);
  const next =
    rows.length > limit
      ? writeCursor(deps.vault, tenantId, 'listAttestations', filters, [shown.at(-1)!.id])
      : null;
  return c.json({ items: shown.map(attestationJson), next }, 200);
});
