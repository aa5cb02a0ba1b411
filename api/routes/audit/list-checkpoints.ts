import { createRoute } from '@hono/zod-openapi';
import { checkpointsBefore } from '../../../db/repositories/evidence-log.ts';
import { cursorQuery, pageSchema, readCursor, writeCursor } from '../../cursor.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { checkpointSchema, toCheckpoint } from './checkpoint-model.ts';

const route = createRoute({
  method: 'get',
  path: '/v1/audit/checkpoints',
  tags: ['Audit'],
  summary: 'Signed checkpoints of the evidence log, newest first',
  description:
    'Decisions are sealed in the background into one Merkle tree a tenant (RFC 9162); each checkpoint states its root at ' +
    'a size. None: nothing is sealed, because the workers have no signing key.',
  operationId: 'listCheckpoints',
  request: { query: cursorQuery },
  responses: {
    200: jsonResponse(pageSchema(checkpointSchema), 'One page'),
    ...problemResponses('invalid_input'),
  },
});

export const listCheckpoints = operation(route, 'audit.read', (deps) => async (c) => {
  const tenantId = c.get('tenantId');
  const { limit, after } = c.req.valid('query');
  const last = readCursor<[number]>(deps.vault, tenantId, 'listCheckpoints', {}, after);
  const rows = await deps.db.single(tenantId, (tx) =>
    checkpointsBefore(tx, last?.[0] ?? Number.MAX_SAFE_INTEGER, limit + 1),
  );
  const page = rows.slice(0, limit);
  const end = page.at(-1);
  const next =
    rows.length > limit && end !== undefined
      ? writeCursor(deps.vault, tenantId, 'listCheckpoints', {}, [end.size])
      : null;
  return c.json({ items: page.map((row) => toCheckpoint(tenantId, row)), next }, 200);
});
