import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWTPayload, type JWK } from 'jose';
import { vi } from 'vitest';

export const AUDIENCE = 'https://rightcall.example/api';

export interface Issuer {
  readonly url: string;
  /** A token as the issuer's own token endpoint gives it, for a client that stands for `tenant` and `roles`. */
  token(tenant: string | undefined, roles: unknown): Promise<string>;
  /** A token of any content, signed with the issuer's own key. */
  sign(payload: JWTPayload, change?: { typ?: string; kid?: string; expiresIn?: string }): Promise<string>;
  /** The issuer's public key, as everybody has it. */
  readonly publicKey: JWK;
  close(): Promise<void>;
}

const CLIENT = { id: 'crm', secret: 'a-secret-of-the-client-for-tests' };

/** A real OpenID provider on this machine, which gives access tokens in JWT form (RFC 9068) to one client. */
export async function startIssuer(): Promise<Issuer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pair = await generateKeyPair('RS256', { extractable: true });
  const key: JWK = { ...(await exportJWK(pair.privateKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  let claims: Record<string, unknown> = {};
  // It warns of what only matters in production: the runtime it prefers, and that it keeps its state in memory.
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const { default: Provider } = await import('oidc-provider');
  const provider = new Provider(url, {
    jwks: { keys: [key] as never },
    cookies: { keys: ['a key for the cookies of tests'] },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
        }),
      },
    },
    extraTokenClaims: () => claims,
    ttl: { ClientCredentials: 300 },
  });
  warnings.mockRestore();
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  return {
    url,
    publicKey: await exportJWK(pair.publicKey),
    token: async (tenant, roles) => {
      claims = { ...(tenant === undefined ? {} : { rightcall_tenant: tenant }), rightcall_roles: roles };
      const response = await fetch(`${url}/token`, {
        method: 'POST',
        headers: {
          Authorization: `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`,
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE }),
      });
      const body = (await response.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(JSON.stringify(body));
      return body.access_token;
    },
    sign: async (payload, change = {}) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: change.kid ?? 'one', typ: change.typ ?? 'at+jwt' })
        .setIssuedAt()
        .setExpirationTime(change.expiresIn ?? '5m')
        .sign(await importJWK(key, 'RS256')),
    close: () => closeServer(server),
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
