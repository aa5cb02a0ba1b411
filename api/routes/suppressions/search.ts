import { createRoute, z } from '@hono/zod-openapi';
import { suppressionsOfNumber } from '../../../db/repositories/suppressions.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonBody, jsonResponse, numberSchema } from '../../schemas.ts';
import { suppressionSchema, suppressionsJson } from './model.ts';

/** Entries of one number shown at most; more than a number can have over all lists and scopes in practice. */
const ENTRIES_MAX = 200;

const route = createRoute({
  method: 'post',
  path: '/v1/suppressions/search',
  tags: ['Suppressions'],
  summary: 'Entries that name a number',
  description: 'A POST, because numbers never stand in an address.',
  operationId: 'searchSuppressions',
  request: { body: jsonBody(z.strictObject({ number: numberSchema })) },
  responses: {
    200: jsonResponse(z.object({ items: z.array(suppressionSchema) }), 'All of them, ended ones included'),
    ...problemResponses('invalid_input', 'unauthorized'),
  },
});

export const searchSuppressions = operation(
  route,
  'suppressions.read',
  (deps) => async (c) => {
    const tenantId = c.get('tenantId');
    const numberHash = deps.vault.numberHash(tenantId, c.req.valid('json').number);
    const items = await deps.db.inTenant(tenantId, async (tx) => {
      const rows = await suppressionsOfNumber(tx, numberHash, ENTRIES_MAX);
      return suppressionsJson(tx, deps.vault, rows);
    });
    return c.json({ items }, 200);
  },
  { idempotency: 'none' },
);
