import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  SignJWT,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  UnsecuredJWT,
  type JWTPayload,
} from 'jose';
import { pino } from 'pino';
import { createApp } from '../../api/app.ts';
import type { ApiApp } from '../../api/env.ts';
import type { OidcSettings } from '../../api/access/oidc.ts';
import { call, createRig, definition, type Rig } from './rig.ts';
import { AUDIENCE, startIssuer, type Issuer } from './oidc-issuer.ts';

let rig: Rig;
let issuer: Issuer;
let app: ApiApp;
const logged: string[] = [];

const settings = (change: Partial<OidcSettings> = {}): OidcSettings => ({
  issuer: issuer.url,
  audience: AUDIENCE,
  tenantClaim: 'rightcall_tenant',
  rolesClaim: 'rightcall_roles',
  jwksUrl: null,
  ...change,
});
const appWith = (change: Partial<OidcSettings> = {}) =>
  createApp({
    ...rig.deps,
    apiKey: null,
    oidc: settings(change),
    logger: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
  });

beforeAll(async () => {
  rig = await createRig();
  issuer = await startIssuer();
  app = appWith();
});
afterAll(async () => {
  await issuer.close();
  await rig.close();
});

/** An address where something listened, and nothing does any more. */
async function goneUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const ask = (token: string, at: ApiApp = app) =>
  call(at, 'GET', '/v1/access/me', undefined, { Authorization: `Bearer ${token}` });
const right = (): JWTPayload => ({
  iss: issuer.url,
  aud: AUDIENCE,
  sub: 'someone',
  rightcall_tenant: 'one',
  rightcall_roles: ['manager'],
});

describe('a token that the issuer gave', () => {
  test('opens what its roles allow, in its tenant, and signs what is changed', async () => {
    const token = await issuer.token('other', ['manager', 'offline_access']);
    const answer = await ask(token);
    expect(answer.body).toMatchObject({
      actor: 'user:crm',
      tenantId: rig.other.tenantId,
      roles: ['manager'],
      keyId: null,
    });
    const headers = { Authorization: `Bearer ${token}` };
    expect((await call(app, 'POST', '/v1/campaigns', definition(), headers)).status).toBe(201);
    expect((await call(app, 'GET', '/v1/access/keys', undefined, headers)).status).toBe(403);
    const changes = await rig.callOther('GET', '/v1/changes?actor=user:crm');
    expect(changes.body.items).toHaveLength(1);
  });

  test('without a role of ours may do nothing, and is told what is missing', async () => {
    for (const roles of [undefined, [], ['root'], { admin: true }]) {
      const answer = await ask(await issuer.sign({ ...right(), rightcall_roles: roles }));
      expect([answer.status, answer.body.code], JSON.stringify(roles)).toEqual([403, 'forbidden']);
      expect(answer.body.detail).toBe('this needs the permission access.self');
    }
  });

  test('of a tenant that is not here, or of none, may do nothing', async () => {
    for (const tenant of ['nobody', undefined, 7, ['one'], rig.tenantId]) {
      const answer = await ask(await issuer.sign({ ...right(), rightcall_tenant: tenant }));
      expect([answer.status, answer.body.code], String(tenant)).toEqual([403, 'forbidden']);
    }
  });

  test('has its tenant and roles where the configuration says', async () => {
    const elsewhere = appWith({ tenantClaim: 'org.slug', rolesClaim: 'https://rightcall.example/roles' });
    const token = await issuer.sign({
      ...right(),
      rightcall_roles: ['admin'],
      org: { slug: 'one' },
      'https://rightcall.example/roles': 'agent',
    });
    expect((await ask(token, elsewhere)).body).toMatchObject({ roles: ['agent'], tenantId: rig.tenantId });
  });
});

describe('a token that is forged, or not for us, is refused with 401', () => {
  const cases: [string, () => Promise<string> | string][] = [
    ['no signature (alg none)', () => new UnsecuredJWT(right()).setExpirationTime('5m').encode()],
    [
      'none, with the signature of another token',
      async () => {
        const [, , signature] = (await issuer.sign(right())).split('.');
        return new UnsecuredJWT(right()).setExpirationTime('5m').encode() + signature!;
      },
    ],
    [
      'HS256 with the public key as its secret',
      async () => {
        const pem = await exportSPKI((await importJWK(issuer.publicKey, 'RS256')) as never);
        return new SignJWT(right())
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .setExpirationTime('5m')
          .sign(new TextEncoder().encode(pem));
      },
    ],
    [
      'signed by another key under the same key id',
      async () => {
        const { privateKey } = await generateKeyPair('RS256');
        return new SignJWT(right())
          .setProtectedHeader({ alg: 'RS256', kid: 'one' })
          .setExpirationTime('5m')
          .sign(privateKey);
      },
    ],
    [
      'with the key it is to be checked by in its header',
      async () => {
        const pair = await generateKeyPair('RS256', { extractable: true });
        return new SignJWT(right())
          .setProtectedHeader({ alg: 'RS256', jwk: await exportJWK(pair.publicKey) })
          .setExpirationTime('5m')
          .sign(pair.privateKey);
      },
    ],
    ['of an unknown key id', () => issuer.sign(right(), { kid: 'two' })],
    ['for another audience', () => issuer.sign({ ...right(), aud: 'https://other.example' })],
    ['for no audience', () => issuer.sign({ ...right(), aud: undefined as never })],
    ['of another issuer', () => issuer.sign({ ...right(), iss: 'https://other.example' })],
    ['expired', () => issuer.sign(right(), { expiresIn: '-2m' })],
    ['not valid yet', () => issuer.sign({ ...right(), nbf: Math.floor(Date.now() / 1_000) + 600 })],
    ['for nobody', () => issuer.sign({ ...right(), sub: undefined as never })],
    ['for another use', () => issuer.sign(right(), { typ: 'logout+jwt' })],
    [
      'with its content changed',
      async () => {
        const [head, , signature] = (await issuer.sign(right())).split('.');
        const body = Buffer.from(
          JSON.stringify({ ...right(), rightcall_roles: ['admin'], exp: 9_999_999_999 }),
        ).toString('base64url');
        return `${head}.${body}.${signature}`;
      },
    ],
    ['cut off', async () => (await issuer.sign(right())).slice(0, -4)],
    ['of three parts of nothing', () => '..'],
  ];

  test.each(cases)('%s', async (_what, make) => {
    const token = await make();
    const answer = await ask(token);
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer.*invalid_token/);
    expect(JSON.stringify(answer.body)).not.toContain('someone');
  });

  test('and the right one among them is let in', async () => {
    expect((await ask(await issuer.sign(right()))).status).toBe(200);
  });
});

describe('an issuer that cannot be asked', () => {
  test('lets nobody in and nobody be told that their token is wrong: 503, with a time to try again', async () => {
    const gone = await goneUrl();
    const token = await issuer.sign({ ...right(), iss: gone });
    const answer = await ask(token, appWith({ issuer: gone }));
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '1',
    ]);
    const keysGone = await ask(token, appWith({ issuer: gone, jwksUrl: `${gone}/jwks` }));
    expect([keysGone.status, keysGone.body.code]).toEqual([503, 'unavailable']);
  });

  test('is not needed to start, and is asked again when it is back', async () => {
    let up = false;
    const relay = createServer((request, response) => {
      if (!up) return void response.writeHead(500).end();
      const path = request.url ?? '/';
      if (path.includes('openid-configuration')) {
        return void response.end(JSON.stringify({ issuer: at, jwks_uri: `${issuer.url}/jwks` }));
      }
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`;
    try {
      const token = await issuer.sign({ ...right(), iss: at });
      expect((await ask(token, appWith({ issuer: at }))).status).toBe(503);
      up = true;
      expect((await ask(token, appWith({ issuer: at }))).status).toBe(200);
    } finally {
      relay.closeAllConnections();
      await new Promise((resolve) => relay.close(resolve));
    }
  });

  test('that describes itself as another is not believed', async () => {
    const other = issuer.url.replace('127.0.0.1', 'localhost');
    const token = await issuer.sign({ ...right(), iss: other });
    expect((await ask(token, appWith({ issuer: other }))).status).toBe(503);
  });
});

test('no token stands in any log', async () => {
  const gone = await goneUrl();
  const token = await issuer.sign({ ...right(), iss: gone });
  expect((await ask(token)).status).toBe(401);
  expect((await ask(token, appWith({ issuer: gone }))).status).toBe(503);
  expect(logged.length).toBeGreaterThan(0);
  expect(logged.join('\n')).not.toMatch(/eyJ[\w-]+\.|Bearer \S/);
});
