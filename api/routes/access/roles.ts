import { createRoute, z } from '@hono/zod-openapi';
import { ROLES, permissionsOf } from '../../../domain/access.ts';
import { operation } from '../../operation.ts';
import { problemResponses } from '../../problems.ts';
import { jsonResponse } from '../../schemas.ts';
import { permissionSchema, roleSchema } from './model.ts';

const rolesSchema = z
  .object({ items: z.array(z.object({ role: roleSchema, permissions: z.array(permissionSchema) })) })
  .openapi('Roles');

const route = createRoute({
  method: 'get',
  path: '/v1/access/roles',
  tags: ['Access'],
  summary: 'The table of roles and what each may do',
  description: 'The same as docs/access.md.',
  operationId: 'listRoles',
  responses: { 200: jsonResponse(rolesSchema, 'Every role'), ...problemResponses() },
});

export const listRoles = operation(route, 'access.self', () => (c) => {
  const items = ROLES.map((role) => ({ role, permissions: [...permissionsOf([role])] }));
  return c.json({ items }, 200);
});
