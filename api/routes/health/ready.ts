import { createRoute, z } from '@hono/zod-openapi';
import { RightcallError } from '../../../domain/failures.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { alsoAt } from './also-at.ts';

const route = createRoute({
  method: 'get',
  path: '/readyz',
  tags: ['Health'],
  summary: 'Can it serve? Asks the database; no more once the process was told to stop.',
  operationId: 'getReadiness',
  security: [],
  responses: {
    200: jsonResponse(
      z.object({ status: z.literal('ok'), database: z.literal('ok'), databaseMs: z.number() }),
      'It can serve',
    ),
    ...problemResponses(),
  },
});

export const getReadiness = alsoAt(
  '/health',
  operation(route, 'open', (deps) => async (c) => {
    if (deps.closing?.aborted === true) throw new RightcallError('unavailable', 'the process is stopping');
    const started = performance.now();
    try {
      await deps.db.inTenant(deps.tenantId, (tx) => tx.query('SELECT 1'));
    } catch (error) {
      throw new RightcallError('unavailable', 'the database does not answer', { cause: error });
    }
    const databaseMs = Math.round((performance.now() - started) * 10) / 10;
    return c.json({ status: 'ok' as const, database: 'ok' as const, databaseMs }, 200);
  }),
);
