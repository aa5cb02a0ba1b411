import { request } from 'undici';
import type { Database } from '../../db/client.ts';
import { messageOf } from '../../domain/failures.ts';
import type { EngineConfig, OidcConfig } from '../../runtime/config.ts';
import { isLoopback } from '../loopback.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

const ANSWER_TIMEOUT_MS = 5_000;

/** Whether anybody could use the API. */
export async function checkKeys(config: EngineConfig, db: Database): Promise<Finding> {
  let live = 0;
  for (const { tenantId } of await db.tenants()) {
    const rows = await db.inTenant(tenantId, (tx) =>
      tx.query<{ n: number }>(
        `SELECT count(*) AS n FROM api_keys WHERE tenant_id = $1 AND revoked_real IS NULL
           AND (expires_real IS NULL OR expires_real > clock_timestamp())`,
        [tenantId],
      ),
    );
    live += rows[0]!.n;
  }
  const ways = [
    ...(config.apiKey === null ? [] : ['RIGHTCALL_API_KEY']),
    ...(config.oidc === null ? [] : ['OIDC']),
    ...(live === 0 ? [] : [`${live} API key${live === 1 ? '' : 's'}`]),
  ];
  if (ways.length > 0) return ok('keys', `the API lets in by ${ways.join(', ')}`);
  const what = 'there is no API key, no OIDC and no RIGHTCALL_API_KEY';
  const mend = 'set RIGHTCALL_API_KEY (openssl rand -hex 32), then make keys by POST /v1/access/keys';
  return isLoopback(config.api.host)
    ? warn('keys', `${what}; the API makes one up at every start`, mend)
    : fail('keys', `${what}, so the API refuses to listen on ${config.api.host}`, mend);
}

/** Whether the issuer is who it says it is, and shows its keys. */
export async function checkOidc(oidc: OidcConfig): Promise<Finding> {
  const check = 'oidc';
  try {
    const found =
      oidc.jwksUrl === null
        ? await getJson(`${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
        : { issuer: oidc.issuer, jwks_uri: oidc.jwksUrl };
    if (found['issuer'] !== oidc.issuer) {
      return fail(
        check,
        `the issuer calls itself ${String(found['issuer'])}`,
        'set RIGHTCALL_OIDC_ISSUER to exactly that, with or without a slash at its end',
      );
    }
    const { keys } = await getJson(String(found['jwks_uri']));
    if (!Array.isArray(keys) || keys.length === 0) {
      return fail(check, 'the issuer shows no keys', 'is RIGHTCALL_OIDC_JWKS_URL right?');
    }
    return ok(check, `the issuer answers and shows ${keys.length} key${keys.length === 1 ? '' : 's'}`);
  } catch (error) {
    return fail(
      check,
      `the issuer's keys cannot be read: ${messageOf(error)}`,
      'correct RIGHTCALL_OIDC_ISSUER, or name RIGHTCALL_OIDC_JWKS_URL; bearer tokens are refused meanwhile',
    );
  }
}

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await request(url, {
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  if (response.statusCode !== 200) {
    await response.body.dump();
    throw new Error(`${url} answers ${response.statusCode}`);
  }
  return (await response.body.json()) as Record<string, unknown>;
}
