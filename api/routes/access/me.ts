import { createRoute, z } from '@hono/zod-openapi';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { permissionSchema, roleSchema } from './model.ts';

const meSchema = z
  .object({
    actor: z.string().openapi({ example: 'key:crm', description: 'As recorded with what you change' }),
    tenantId: z.string(),
    keyId: z.string().nullable().openapi({ description: 'Null for tokens and the key of the configuration' }),
    roles: z.array(roleSchema),
    permissions: z.array(permissionSchema),
  })
  .openapi('Me');

const route = createRoute({
  method: 'get',
  path: '/v1/access/me',
  tags: ['Access'],
  summary: 'Who you are to the engine, and what you may do',
  operationId: 'getMe',
  responses: { 200: jsonResponse(meSchema, 'You'), ...problemResponses() },
});

export const getMe = operation(route, 'access.self', () => (c) => {
  const { actor, tenantId, keyId, roles, permissions } = c.get('principal');
  return c.json({ actor, tenantId, keyId, roles: [...roles], permissions: [...permissions] }, 200);
});
