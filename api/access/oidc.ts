import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type RemoteJWKSet } from 'jose';
import { permissionsOf } from '../../domain/access.ts';
import { RightcallError, messageOf } from '../../domain/failures.ts';
import type { Principal } from '../principal.ts';
import { claimOf, rolesOf } from './claims.ts';

export interface OidcSettings {
  /** As tokens name it in `iss`. https, or http on this machine alone. */
  readonly issuer: string;
  readonly audience: string;
  /** Claim that holds the tenant's slug. */
  readonly tenantClaim: string;
  readonly rolesClaim: string;
  /** Where the issuer's keys are; null: by discovery. */
  readonly jwksUrl: string | null;
}

/** Signatures of a private key alone: with HS256 whoever knows the public key could sign, with `none` everybody. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
/** Access tokens (RFC 9068), and those of issuers that say no more than JWT; a token for another use is refused. */
const TYPES = new Set(['at+jwt', 'application/at+jwt', 'jwt']);
/** Real seconds that the issuer's clock may differ from ours. */
const LEEWAY_S = 30;
/** Real ms for one answer of the issuer. */
const TIMEOUT_MS = 5_000;
/** Real ms after a failure before the issuer is asked again; requests meanwhile are answered at once. */
const PAUSE_MS = 1_000;
/** A discovery document has some 4 KB. */
const DOCUMENT_BYTES_MAX = 256 * 1024;

export interface OidcVerifier {
  /**
   * Who the token stands for.
   * @throws RightcallError `unauthorized` for a token that does not hold, `forbidden` for one that holds and names no
   * tenant here, `unavailable` where the issuer's keys cannot be had.
   */
  principalOf(token: string): Promise<Principal>;
}

/**
 * Bearer tokens of one issuer. Nothing is asked of it before the first token comes, so that the API starts without it.
 * @param tenantOfSlug id of the tenant, or null
 * @throws RightcallError `invalid_input` for an issuer that tokens could be read or forged on the way from.
 */
export function createOidcVerifier(
  settings: OidcSettings,
  tenantOfSlug: (slug: string) => Promise<string | null>,
): OidcVerifier {
  mustBeSafe('RIGHTCALL_OIDC_ISSUER', settings.issuer);
  if (settings.jwksUrl !== null) mustBeSafe('RIGHTCALL_OIDC_JWKS_URL', settings.jwksUrl);
  let keys: Promise<RemoteJWKSet> | null = null;
  let failedReal = -Infinity;

  async function keySet(): Promise<RemoteJWKSet> {
    if (keys !== null) return keys;
    if (Date.now() - failedReal < PAUSE_MS) throw away();
    const found = findKeys(settings).catch((error: unknown) => {
      keys = null;
      failedReal = Date.now();
      throw away(messageOf(error));
    });
    keys = found;
    return found;
  }

  return {
    principalOf: async (token) => {
      const claims = await verify(token, await keySet(), settings);
      const slug = claimOf(claims, settings.tenantClaim);
      const tenantId = typeof slug === 'string' ? await tenantOfSlug(slug) : null;
      if (tenantId === null) {
        throw new RightcallError('forbidden', `the token names no tenant here in ${settings.tenantClaim}`);
      }
      const roles = rolesOf(claimOf(claims, settings.rolesClaim));
      return {
        tenantId,
        actor: `user:${claims.sub}`,
        roles,
        permissions: permissionsOf(roles),
        limitKey: `user:${claims.sub}`,
        keyId: null,
      };
    },
  };
}

async function verify(
  token: string,
  keys: RemoteJWKSet,
  settings: OidcSettings,
): Promise<JWTPayload & { sub: string }> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: settings.issuer,
      audience: settings.audience,
      clockTolerance: LEEWAY_S,
      requiredClaims: ['exp', 'sub'],
    });
    const type = protectedHeader.typ?.toLowerCase();
    if (type !== undefined && !TYPES.has(type)) throw wrong('the token is not an access token');
    if (typeof payload.sub !== 'string' || payload.sub === '') throw wrong('the token names nobody in sub');
    return { ...payload, sub: payload.sub };
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What jose found, as the caller may know it; by its code, and never with what the token holds. */
function refusalOf(error: unknown): RightcallError {
  if (error instanceof RightcallError) return error;
  if (error instanceof errors.JWTExpired) return wrong('the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) return wrong(`the token's ${error.claim} is wrong`);
  const forged =
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys;
  return forged ? wrong('the token is not one that the issuer signed') : away(messageOf(error));
}

/** The issuer's keys, from where it says they are (OpenID Connect Discovery 1.0). */
async function findKeys(settings: OidcSettings): Promise<RemoteJWKSet> {
  const url = settings.jwksUrl ?? (await discover(settings.issuer));
  return createRemoteJWKSet(new URL(url), { timeoutDuration: TIMEOUT_MS });
}

async function discover(issuer: string): Promise<string> {
  const at = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(at, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const text = await response.text();
  if (!response.ok || text.length > DOCUMENT_BYTES_MAX) {
    throw new Error(
      `the issuer's description was answered with ${response.status}, ${text.length} characters`,
    );
  }
  const document = JSON.parse(text) as Record<string, unknown>;
  // Discovery 1.0, section 4.3: another issuer's description must not be taken for this one's.
  if (document['issuer'] !== issuer) throw new Error("the issuer's description is of another issuer");
  const url = document['jwks_uri'];
  if (typeof url !== 'string') throw new Error("the issuer's description names no keys");
  mustBeSafe('jwks_uri', url);
  return url;
}

function mustBeSafe(field: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  const onThisMachine = url !== null && /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(url.hostname);
  if (url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && onThisMachine))) return;
  const faults = [
    { field, fault: 'is not a URL that can be trusted', expected: 'https, or http on this machine' },
  ];
  throw new RightcallError('invalid_input', `${field} is not an https URL`, { faults });
}

function wrong(detail: string): RightcallError {
  return new RightcallError('unauthorized', detail);
}

/** @param why for the log alone */
function away(why?: string): RightcallError {
  return new RightcallError(
    'unavailable',
    'tokens cannot be checked: the issuer does not answer as it should',
    {
      retryAfterS: 1,
      ...(why === undefined ? {} : { cause: new Error(why) }),
    },
  );
}
