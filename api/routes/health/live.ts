import { createRoute, z } from '@hono/zod-openapi';
import { operation } from '../../operation.ts';
import { jsonResponse } from '../../schemas.ts';
import { alsoAt } from './also-at.ts';

const route = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['Health'],
  summary: 'Is the process alive?',
  operationId: 'getLiveness',
  security: [],
  responses: { 200: jsonResponse(z.object({ status: z.literal('ok') }), 'It answers') },
});

export const getLiveness = alsoAt(
  '/health/live',
  operation(route, 'open', () => (c) => c.json({ status: 'ok' as const }, 200)),
);
