import { randomBytes } from 'node:crypto';
import type { Database } from '../../db/client.ts';
import { hasUsableKey } from '../../db/repositories/access.ts';
import { RightcallError } from '../../domain/failures.ts';
import type { EngineConfig } from '../../runtime/config.ts';

/**
 * The administrator's key of the configuration; null where others let people in: keys in the database, or OIDC. With
 * none of the three the API makes one for this run and says it on standard error, if only this machine can reach it.
 * @throws RightcallError `refused` where others could reach it and nothing lets anybody in.
 */
export async function configurationKey(config: EngineConfig, db: Database): Promise<string | null> {
  if (config.apiKey !== null) return config.apiKey;
  if (config.oidc !== null || (await anyUsableKey(db))) return null;
  if (!isLoopback(config.api.host)) {
    throw new RightcallError(
      'refused',
      `RIGHTCALL_API_KEY is not set, and the API would listen on ${config.api.host}, where others can reach it, with ` +
        'no key in the database and no OIDC issuer; set a key of 16 characters or more, or RIGHTCALL_HOST=127.0.0.1',
    );
  }
  const generated = randomBytes(24).toString('base64url');
  process.stderr.write(`RIGHTCALL_API_KEY is not set; for this run it is ${generated}\n`);
  return generated;
}

async function anyUsableKey(db: Database): Promise<boolean> {
  for (const { tenantId } of await db.tenants()) {
    if (await db.single(tenantId, (statements) => hasUsableKey(statements, Date.now()))) return true;
  }
  return false;
}

/** Only this machine can reach it. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
