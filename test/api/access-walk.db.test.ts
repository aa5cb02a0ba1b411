import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { OPERATIONS } from '../../api/routes/index.ts';
import { ROLES, permissionsOf, type Role } from '../../domain/access.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.close());

const GUARDED = OPERATIONS.filter((operation) => operation.permission !== 'open');
const address = (path: string) => path.replace(/\{\w+\}/g, () => uuidv7());

async function ask(authorization: string | null, method: string, path: string): Promise<Response> {
  return rig.app.request(address(path), {
    method: method.toUpperCase(),
    headers: authorization === null ? {} : { Authorization: authorization },
  });
}

test.each(ROLES)(
  'every operation as %s: what the table allows is let in, the rest is told what is missing',
  async (role: Role) => {
    const key = await rig.makeKey({ roles: [role] });
    const held = permissionsOf([role]);
    for (const { method, path, permission } of GUARDED) {
      const response = await ask(`Bearer ${key}`, method, path);
      const what = `${role}: ${method} ${path}`;
      if (permission !== 'open' && held.has(permission)) {
        expect([401, 403, 500], what).not.toContain(response.status);
        await response.body?.cancel();
      } else {
        expect(response.status, what).toBe(403);
        expect(await response.json(), what).toMatchObject({
          code: 'forbidden',
          detail: `this needs the permission ${permission}`,
        });
      }
    }
  },
);

test('no operation lets in a key without roles that would allow it, or nobody at all', async () => {
  const narrow = await rig.makeKey({ roles: ['admin'], scopes: ['access.self'] });
  for (const { method, path, permission } of GUARDED) {
    expect((await ask(null, method, path)).status, `nobody: ${method} ${path}`).toBe(401);
    const response = await ask(`Bearer ${narrow}`, method, path);
    const expected = permission === 'access.self' ? 200 : 403;
    expect(response.status, `narrow: ${method} ${path}`).toBe(expected);
  }
});

test('the description names the permission of every operation, and 401 and 403 among its answers', async () => {
  const response = await rig.app.request('/openapi.json');
  const { paths } = (await response.json()) as {
    paths: Record<string, Record<string, { 'x-permission'?: string; responses: object }>>;
  };
  for (const { method, path, permission } of GUARDED) {
    const described = paths[path]![method]!;
    expect(described['x-permission'], path).toBe(permission);
    expect(Object.keys(described.responses), path).toEqual(expect.arrayContaining(['401', '403', '429']));
  }
});
