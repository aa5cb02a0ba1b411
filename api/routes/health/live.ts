import { createRoute, z } from '@hono/zod-openapi';
import { operation } from '../../operation.ts';
import { jsonResponse } from '../../schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/health/live',
  tags: ['Health'],
  summary: 'Is the process alive?',
  operationId: 'getLiveness',
  security: [],
  responses: { 200: jsonResponse(z.object({ status: z.literal('ok') }), 'It answers') },
});

export const getLiveness = operation(route, 'open', () => (c) => c.json({ status: 'ok' as const }, 200));
